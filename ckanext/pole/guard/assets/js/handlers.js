/* What CKAN's page of API tokens writes as code in attributes (`hx-on`), which the policy of contents does not run. */
"use strict";
(function () {
  function strip(node) {
    [node].concat(Array.from(node.querySelectorAll("form"))).forEach(function (form) {
      Array.from(form.attributes || []).forEach(function (attribute) {
        if (attribute.name.indexOf("hx-on:") === 0) { form.removeAttribute(attribute.name); }
      });
    });
  }

  strip(document.body);
  document.body.addEventListener("htmx:beforeProcessNode", function (event) { strip(event.target); });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    var button = event.target.querySelector && event.target.querySelector("#revoke-tokens-button");
    if (button) { button.disabled = true; }
  });
  document.body.addEventListener("htmx:oobAfterSwap", function (event) {
    var made = event.target.querySelector && event.target.querySelector("[id^=token-]");
    if (made) { made.scrollIntoView(false); }
  });
})();
