(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var themes = JSON.parse(document.getElementById("themes").textContent);
  var figures = Array.from(document.querySelectorAll("figure.chart"));
  document.documentElement.classList.add("scripted");

  function draw() {
    var name = dark.matches ? "dark" : "light";
    var options = { actions: false, ast: true, config: themes[name], renderer: "svg",
                    tooltip: { theme: name } };
    var drawn = figures.map(function (figure) {
      var spec = JSON.parse(figure.querySelector("script").textContent);
      // The expression interpreter (ast) needs no eval, so the page's policy can forbid it.
      return window.vegaEmbed(figure.querySelector(".live"), spec, options).then(
        function () { figure.classList.add("drawn"); },
        function () { figure.classList.add("failed"); }
      );
    });
    Promise.all(drawn).then(function () { document.documentElement.dataset.charts = "done"; });
  }
  draw();
  dark.addEventListener("change", draw);

  document.querySelectorAll("input[data-table]").forEach(function (input) {
    var rows = Array.from(document.getElementById(input.dataset.table).tBodies[0].rows);
    var output = input.parentElement.querySelector("output");
    input.addEventListener("input", function () {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var text = row.textContent.toLowerCase();
        row.hidden = !words.every(function (word) { return text.includes(word); });
        shown += row.hidden ? 0 : 1;
      });
      output.textContent = shown + " of " + rows.length + " rows";
    });
  });

  var links = Array.from(document.querySelectorAll("nav a"));
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) { return; }
      links.forEach(function (link) {
        if (link.hash === "#" + entry.target.id) { link.setAttribute("aria-current", "true"); }
        else { link.removeAttribute("aria-current"); }
      });
    });
  }, { rootMargin: "-15% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach(function (part) { watcher.observe(part); });
})();
