/* Keywords that others use, offered while one types, in the field's own language; the browser's own list shows them. */
"use strict";
(function () {
  var WAIT = 200;

  document.querySelectorAll("input[data-pole-words]").forEach(function (input) {
    var timer = null;
    var asked = 0;

    function show(head, words) {
      input.list.textContent = "";
      words.forEach(function (word) {
        var option = document.createElement("option");
        option.value = head + word;
        input.list.appendChild(option);
      });
    }

    input.addEventListener("input", function () {
      /* Words stand between commas: the last one is being typed, those before it stay. */
      var cut = input.value.lastIndexOf(",") + 1;
      var typed = input.value.slice(cut).trim();
      var head = input.value.slice(0, cut) + (cut ? " " : "");
      var mine = ++asked;
      clearTimeout(timer);
      if (typed.length < 2 || !input.dataset.poleWords) { return; }
      timer = setTimeout(function () {
        fetch(input.dataset.poleWords + "?" + new URLSearchParams({ q: typed, lang: input.lang }))
          .then(function (answer) { return answer.json(); })
          .then(function (answer) { if (mine === asked) { show(head, answer.result); } })
          .catch(function () { /* without them one writes all the same */ });
      }, WAIT);
    });
  });
})();
