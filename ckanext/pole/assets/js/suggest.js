/* Titles under the search box while one types: the combobox of the ARIA practices. Without it the box asks as usual. */
"use strict";
(function () {
  var WAIT = 200;
  var LEAST = 2;

  function start(input, index) {
    var say = function (name) { return input.getAttribute("data-pole-suggest-" + name); };
    var id = "pole-suggest-" + index;
    var list = document.createElement("ul");
    var status = document.createElement("div");
    var timer = null;
    var asked = 0;
    var current = -1;

    list.id = id;
    list.className = "pole-suggest";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", say("label"));
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    input.form.classList.add("pole-suggesting");
    input.form.appendChild(list);
    input.form.appendChild(status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", id);

    function close() {
      list.hidden = true;
      current = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(number) {
      var options = list.children;
      if (current >= 0) { options[current].setAttribute("aria-selected", "false"); }
      current = (number + options.length) % options.length;
      options[current].setAttribute("aria-selected", "true");
      options[current].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[current].id);
    }

    function go(option) { window.location.assign(option.getAttribute("data-url")); }

    function show(titles) {
      list.textContent = "";
      current = -1;
      input.removeAttribute("aria-activedescendant");
      titles.forEach(function (item, number) {
        var option = document.createElement("li");
        option.id = id + "-" + number;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.setAttribute("data-url", say("page").replace("__NAME__", encodeURIComponent(item.name)));
        if (item.lang !== say("lang")) { option.lang = item.lang; }
        option.textContent = item.title;
        list.appendChild(option);
      });
      list.hidden = !titles.length;
      input.setAttribute("aria-expanded", titles.length ? "true" : "false");
      status.textContent = titles.length > 1 ? say("some").replace("{number}", titles.length) : titles.length ? say("one") : say("none");
    }

    function ask() {
      var typed = input.value.trim();
      var mine = ++asked;
      if (typed.length < LEAST) { close(); status.textContent = ""; return; }
      fetch(input.getAttribute("data-pole-suggest") + "?" + new URLSearchParams({ q: typed, lang: say("lang") }))
        .then(function (answer) { return answer.ok ? answer.json() : { result: [] }; })
        .then(function (answer) { if (mine === asked && document.activeElement === input) { show(answer.result); } })
        .catch(close);
    }

    input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
    input.addEventListener("keydown", function (event) {
      if (list.hidden) { return; }
      if (event.key === "ArrowDown") { event.preventDefault(); choose(current + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose(current < 0 ? list.children.length - 1 : current - 1); }
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "Enter" && current >= 0) { event.preventDefault(); go(list.children[current]); }
    });
    /* Before the box loses the focus, so that the click still finds the list. */
    list.addEventListener("mousedown", function (event) {
      var option = event.target.closest("[role=option]");
      if (option) { event.preventDefault(); go(option); }
    });
    input.addEventListener("blur", function () { clearTimeout(timer); asked += 1; close(); });
  }

  document.querySelectorAll("input[data-pole-suggest]").forEach(start);
})();
