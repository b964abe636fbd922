// @ts-check
// What would become of mail, where connectors and servers were shown together: predictions, which pass and fail nothing.

import { factList, h, quoted, unseen } from "./dom.js";
import { citation } from "./rule-view.js";
import { sentence } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").MailPrediction} Prediction */

/** @type {Record<Prediction["outcome"], string>} */
const OUTCOMES = {
  deliveredVerified: "encrypted, server verified",
  deliveredEncrypted: "encrypted, unverified",
  deliveredInClear: "in clear text",
  returned: "not delivered",
  notDetermined: "not determined",
};

/**
 * @param {Report} report
 * @param {import("./endpoints-view.js").Reach} reach
 */
export function forecastView({ mailForecast: forecast }, reach) {
  if (!forecast) return null;
  const limits = [(forecast.leftOut ?? 0) > 0 && `${forecast.leftOut} more were left out.`, sentence(`never known: ${forecast.unknown.join("; ")}`)];
  return h(
    "section",
    { class: "part", id: "forecast", "aria-labelledby": "forecast-title" },
    h("h2", { id: "forecast-title" }, "Mail, as it would fare"),
    h("p", { class: "hint" }, forecast.statement),
    ...forecast.predictions.map((one) => predictionView(one, forecast.sources, reach)),
    ...limits.map((words) => words && h("p", { class: "hint way-end" }, ...quoted(words))),
  );
}

/**
 * @param {Prediction} prediction
 * @param {NonNullable<Report["mailForecast"]>["sources"]} documents
 * @param {import("./endpoints-view.js").Reach} reach
 */
function predictionView({ domain, direction, server, outcome, basis, provided, summary, evidence, missing = [], sources = [] }, documents, { go }) {
  const placeView = (/** @type {{ span: import("intransit").Span, observed: string }} */ { span, observed }) =>
    h("li", {}, h("span", {}, ...quoted(observed)), h("button", { type: "button", class: "quiet show", onclick: () => go([span]) }, "Show me", unseen(` in the evidence, ${observed}, `), h("span", { class: "line-number" }, ` line ${span.line}`)));
  const title = `Mail ${direction} ${domain}${server ? ` · ${server}` : ""}`;
  return h(
    "details",
    { class: "endpoint", "data-open": `forecast ${title}` },
    h("summary", {}, h("span", { class: "endpoint-name" }, title), h("span", { class: "finding-where" }, OUTCOMES[outcome], basis && ` (${basis})`, provided && `; with nothing against it in what is missing: ${OUTCOMES[provided]}`)),
    h("p", {}, ...quoted(summary)),
    factList([
      ["Missing", missing.length > 0 && h("ul", { class: "plain" }, ...missing.map((one) => h("li", {}, ...quoted(one))))],
      ["Seen", evidence.length > 0 && h("ul", { class: "seen" }, ...evidence.map(placeView))],
      ["Sources", sources.length > 0 && h("ul", { class: "citations" }, ...sources.flatMap((at) => documents[at] ?? []).map(citation))],
    ]),
  );
}
