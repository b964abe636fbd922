// @ts-check
// On paper nothing can be opened: everything that is folded up is opened for it, and folded up again. What is made only
// when it is opened, raw bytes and a document of its own, is not for this paper.

/**
 * Opens what is folded up in an element while the page is printed.
 * @param {HTMLElement} element
 */
export function openOnPaper(element) {
  addEventListener("beforeprint", () => {
    for (const folded of element.querySelectorAll("details:not([open], .asn1, .asn1 details, .sheet)")) {
      folded.setAttribute("data-print", "");
      folded.setAttribute("open", "");
    }
  });
  addEventListener("afterprint", () => {
    for (const opened of element.querySelectorAll("[data-print]")) {
      opened.removeAttribute("data-print");
      opened.removeAttribute("open");
    }
  });
}
