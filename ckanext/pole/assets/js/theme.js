/* Small comforts; every page works without them. */
"use strict";
(function () {
  var KEY = "pole-scroll";

  /* The other language of this page opens at the same place. */
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-pole-keep-scroll]");
    if (!link) { return; }
    try { sessionStorage.setItem(KEY, JSON.stringify({ path: link.pathname + link.search, y: window.scrollY })); } catch (error) { /* private mode */ }
  });
  try {
    var kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
    sessionStorage.removeItem(KEY);
    if (kept && kept.path === location.pathname + location.search) { window.scrollTo(0, kept.y); }
  } catch (error) { /* nothing kept */ }

  /* A menu closes on Escape and on a click elsewhere, as menus do. */
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.pole-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll("details.pole-menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* Another order shows at once; without a script there is a button. */
  document.querySelectorAll("select[data-pole-submit]").forEach(function (select) {
    select.addEventListener("change", function () { select.form.submit(); });
  });

  /* A button that ticks a box, empties a field and moves to another. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-pole-checks]");
    if (!button) { return; }
    var told = button.dataset;
    document.getElementById(told.poleChecks).checked = true;
    if (told.poleEmpties) { document.getElementById(told.poleEmpties).value = ""; }
    document.getElementById(told.poleFocus).focus();
  });

  /* CKAN's script adds handles without a name to lists that can be put in another order. */
  document.querySelectorAll("[data-pole-handles]").forEach(function (list) {
    var name = function () {
      list.querySelectorAll(".handle:not([aria-label])").forEach(function (handle) {
        handle.setAttribute("aria-label", list.getAttribute("data-pole-handles"));
      });
    };
    new MutationObserver(name).observe(list, { childList: true, subtree: true });
    name();
  });

  /* Filters: open beside the results on a wide screen, a closed sheet on a phone. */
  document.querySelectorAll("details[data-pole-wide]").forEach(function (sheet) {
    sheet.open = window.matchMedia("(min-width: 768px)").matches;
  });
})();
