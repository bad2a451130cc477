/* The map of the search page: what it shows is what is searched. The list of places beside it does the same by words. */
"use strict";
(function () {
  /* The frame of public/pole/territory-hero.svg: south-west and north-east corners of the agglomeration, degrees. */
  var TERRITORY = [[45.3854, -73.9966], [45.7076, -73.4739]];

  function bounds(bbox) {
    var sides = (bbox || "").split(",").map(Number);
    if (sides.length !== 4 || !sides.every(Number.isFinite)) { return null; }
    return [[sides[1], sides[0]], [sides[3], sides[2]]];
  }

  function start(form) {
    var field = form.querySelector("[name=ext_bbox]");
    var box = form.querySelector(".pole-where__map");
    var details = form.closest("details");
    var options = {
      attributionControl: false, maxBoundsViscosity: 0.8, minZoom: 8, maxZoom: 16, zoomControl: false, zoomSnap: 0.25,
      fadeAnimation: false, zoomAnimation: false
    };
    var map = null;

    function draw() {
      if (map || !details.open) { if (map) { map.invalidateSize(); } return; }
      var config = JSON.parse(form.getAttribute("data-pole-map-config") || "{}");
      map = config.type ? window.ckan.commonLeafletMap(box, config, options) : window.L.map(box, options);
      window.L.control.zoom({ zoomInTitle: form.getAttribute("data-pole-map-in"), zoomOutTitle: form.getAttribute("data-pole-map-out") }).addTo(map);
      if (!config.type) { window.L.imageOverlay(form.getAttribute("data-pole-map-ground"), TERRITORY, { alt: "" }).addTo(map); }
      var chosen = bounds(field.value);
      map.fitBounds(chosen || TERRITORY);
      if (chosen) { window.L.rectangle(chosen, { className: "pole-where__area", interactive: false }).addTo(map); }
    }

    form.hidden = false;
    form.addEventListener("submit", function () {
      draw();
      field.value = map.getBounds().toBBoxString().split(",").map(function (side) { return (+side).toFixed(4); }).join(",");
    });
    details.addEventListener("toggle", draw);
    /* On a phone the filters are a sheet of their own: the map has no size before it opens. */
    var sheet = details.parentElement.closest("details");
    if (sheet) { sheet.addEventListener("toggle", draw); }
    if (!sheet || sheet.open) { draw(); }
  }

  if (window.L) { document.querySelectorAll("form[data-pole-map]").forEach(start); }
})();
