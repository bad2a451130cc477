/*
 * Names that some screens of CKAN and of its extensions forget to give (desks of publishers and operators). Templates of
 * ours replace what can be replaced by a block; the rest is mended here. Words come from the body's data attributes.
 */
"use strict";
(function () {
  var words = document.body.dataset;

  function mend() {
    document.querySelectorAll(".pagination a").forEach(function (link) {
      var icon = link.querySelector("i");
      if (icon && !link.textContent.trim()) {
        link.setAttribute("aria-label", icon.className.indexOf("left") > -1 ? words.polePrevious : words.poleNext);
      }
      if (link.getAttribute("href") === "#") {
        link.removeAttribute("href");
      }
    });

    document.querySelectorAll(".table-bulk-edit input[type=checkbox]:not([aria-label])").forEach(function (box) {
      var title = box.closest("tr").querySelector(".dataset-heading a, a");
      box.setAttribute("aria-label", title ? title.textContent.trim() : words.poleAll);
    });

    document.querySelectorAll("i[title], i[data-bs-toggle=tooltip]").forEach(function (icon) {
      icon.setAttribute("role", "img");
    });

    document.querySelectorAll("ul").forEach(function (list) {
      if (list.children.length && !list.querySelector(":scope > li")) { list.setAttribute("role", "none"); }
    });
  }

  mend();
  /* CKAN's modules start when their words have arrived, and add parts of their own. */
  var waiting = null;
  new MutationObserver(function () {
    clearTimeout(waiting);
    waiting = setTimeout(mend, 50);
  }).observe(document.body, { childList: true, subtree: true });
})();
