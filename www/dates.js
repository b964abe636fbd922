// @ts-check
// Days and instants. Everything is UTC, as in the report, so that two people see the same date.

const DAY = 86_400_000;

/** Today as `YYYY-MM-DD`. */
export function today() {
  return new Date().toISOString().slice(0, 10);
}

/**
 * The instant at which a day begins, as RFC 3339.
 * @param {string} day `YYYY-MM-DD`
 */
export function startOf(day) {
  return `${day}T00:00:00Z`;
}

/**
 * "22 November 2026".
 * @param {string} instant RFC 3339, or a date, or what stands for one in a citation such as `2021-03`.
 */
export function dayWords(instant) {
  const time = new Date(instant);
  if (!/^\d{4}-\d{2}-\d{2}/.test(instant) || Number.isNaN(time.getTime())) return monthWords(instant);
  return time.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

/**
 * "22 November 2026, 01:25 UTC".
 * @param {string} instant
 */
export function instantWords(instant) {
  return `${dayWords(instant)}, ${instant.slice(11, 16)} UTC`;
}

/**
 * "in 12 days", "3 days ago", counted from another instant.
 * @param {string} instant
 * @param {string} from
 */
export function distanceWords(instant, from) {
  const days = Math.trunc((Date.parse(instant) - Date.parse(from)) / DAY);
  if (days === 0) return "within a day";
  const words = `${Math.abs(days).toLocaleString("en")} day${Math.abs(days) === 1 ? "" : "s"}`;
  return days > 0 ? `in ${words}` : `${words} ago`;
}

/** @param {string} month */
function monthWords(month) {
  if (!/^\d{4}-\d{2}$/.test(month)) return month;
  return new Date(`${month}-01`).toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
}
