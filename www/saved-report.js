// @ts-check
// A report that was saved as JSON: whether it has what a comparison reads of it.

/** @typedef {"string" | "number" | readonly string[] | { [name: string]: Shape } | [Shape]} Shape A list holds one shape; words are the only ones allowed. */

const LEVELS = ["error", "warning", "off"];

/** @type {Shape} */
const REPORT = {
  generator: "string",
  headline: "string",
  at: "string",
  now: "string",
  verdict: ["compliant", "nonCompliant", "indeterminate"],
  policy: { id: "string", version: "string", sha256: "string" },
  tally: { passed: "number", mustFix: "number", shouldFix: "number", undecided: "number", accepted: "number" },
  sources: [{ name: "string" }],
  rules: [{ id: "string", title: "string" }],
  findings: [
    {
      id: "string",
      rule: "string",
      subject: { kind: "string", label: "string" },
      outcome: ["fail", "unknown", "pass", "notApplicable"],
      level: LEVELS,
      summary: "string",
    },
  ],
};

/**
 * What keeps a value from being a report, in words; nothing if it is one.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function reportProblem(value) {
  return problem(value, REPORT, "the report");
}

/**
 * @param {unknown} value
 * @param {Shape} shape
 * @param {string} place
 * @returns {string | undefined}
 */
function problem(value, shape, place) {
  if (typeof shape === "string") return typeof value === shape ? undefined : `expected a ${shape} as ${place}, found ${JSON.stringify(value)?.slice(0, 60) ?? "nothing"}`;
  if (isWords(shape)) return shape.some((word) => word === value) ? undefined : `expected one of ${shape.join(", ")} as ${place}, found ${JSON.stringify(value)?.slice(0, 60) ?? "nothing"}`;
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `expected a list as ${place}`;
    return first(value.map((item, index) => () => problem(item, shape[0], `${place}[${index}]`)));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `expected an object as ${place}`;
  const members = /** @type {Record<string, unknown>} */ (value);
  return first(Object.entries(shape).map(([name, inner]) => () => problem(members[name], inner, place === "the report" ? `\`${name}\`` : `${place}.${name}`)));
}

/** @param {readonly (() => string | undefined)[]} checks */
function first(checks) {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @param {Shape} shape
 * @returns {shape is readonly string[]}
 */
function isWords(shape) {
  return Array.isArray(shape) && shape.length > 1;
}
