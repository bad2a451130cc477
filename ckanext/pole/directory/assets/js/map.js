/* The drawing becomes a map to move in. Without a script, or without Leaflet, the drawing stays. */
"use strict";
(function () {
  /* West, south, east and north of the outline: config/vocabularies/places.yaml, code mtl. */
  var BOX = [[45.3854, -73.9966], [45.7076, -73.4739]];

  document.querySelectorAll("[data-pole-map]").forEach(function (figure) {
    if (!window.L) { return; }
    var points = JSON.parse(figure.getAttribute("data-pole-map"));
    var drawing = figure.querySelector("svg");
    var holder = document.createElement("div");
    holder.className = "pole-map__live";
    holder.setAttribute("role", "region");
    holder.setAttribute("aria-label", drawing.getAttribute("aria-label"));
    drawing.replaceWith(holder);
    var map = L.map(holder, {
      scrollWheelZoom: false, attributionControl: false, zoomControl: false, zoomSnap: 0.25,
      fadeAnimation: false, zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    L.control.zoom({ zoomInTitle: figure.dataset.zoomIn, zoomOutTitle: figure.dataset.zoomOut }).addTo(map);
    L.imageOverlay(figure.dataset.outline, BOX, { alt: "" }).addTo(map);
    var pins = points.map(function (point) {
      var icon = L.divIcon({ className: "pole-map__pin", html: figure.hasAttribute("data-listed") ? String(point.number) : "", iconSize: [28, 28] });
      /* Pins may cover one another: for the keyboard and for screen readers there is the list, with the same links. */
      var pin = L.marker([point.latitude, point.longitude], { icon: icon, title: point.name, keyboard: false });
      pin.on("click", function () { location.href = point.url; });
      return pin.addTo(map);
    });
    var bounds = L.featureGroup(pins).getBounds().pad(0.2);
    /* One place alone is shown with what lies around it: the outline says little from near. */
    map.fitBounds(bounds, { maxZoom: points.length > 1 ? 14 : 11 });
  });
})();
