/* The table's script asks to run "nothing" later, which a browser takes for code to evaluate; the policy would refuse. */
"use strict";
(function () {
  var later = window.setTimeout;
  window.setTimeout = function (work) { return work === undefined ? 0 : later.apply(window, arguments); };
})();
