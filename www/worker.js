// @ts-check
import { version } from "intransit";

addEventListener("message", ({ data }) => {
  if (data.ask === "version") postMessage({ version: version() });
});
