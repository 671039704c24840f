// Charts are drawn by Vega, those in sight first.
var dark = window.matchMedia("(prefers-color-scheme: dark)");
var themes = JSON.parse(document.getElementById("themes").textContent);
var figures = Array.from(document.querySelectorAll("figure.chart"));
document.documentElement.classList.add("scripted");

function drawOne(figure, options) {
  var spec = JSON.parse(figure.querySelector("script").textContent);
  var live = figure.querySelector(".live");
  var label = live.getAttribute("aria-label");
  // The expression interpreter (ast) needs no eval, so the page's policy can forbid it.
  return window.vegaEmbed(live, spec, options).then(
    function (result) {
      figure.classList.add("drawn");
      name(live, label);
      views.set(figure, result.view);
      return hide(result.view);
    },
    function () { still(figure); figure.classList.add("failed"); }
  );
}

function near(figure) {
  var box = figure.getBoundingClientRect();
  return box.bottom > -200 && box.top < window.innerHeight + 200;
}

function whenIdle(then) {
  if (!window.requestIdleCallback) { window.setTimeout(then, 50); return; }
  window.requestIdleCallback(then, { timeout: 1000 });
}

var round = 0;

function draw() {
  var name = dark.matches ? "dark" : "light";
  var options = { actions: false, ast: true, config: themes[name], renderer: "svg",
                  tooltip: { theme: name } };
  var own = ++round;
  var left = figures.slice();
  delete document.documentElement.dataset.charts;
  function next() {
    // What is looked at comes first; the rest while nothing else is to be done.
    if (own !== round) { return; }
    var at = left.findIndex(near);
    var figure = left.splice(Math.max(0, at), 1)[0];
    if (!figure) { document.documentElement.dataset.charts = "done"; return; }
    drawOne(figure, options).then(later);
  }
  function later() {
    if (left.some(near)) { window.setTimeout(next, 0); } else { whenIdle(next); }
  }
  later();
}
// Where no chart is in sight, the page is open before any is drawn.
if (figures.some(near)) { draw(); }
else { window.addEventListener("load", function () { window.setTimeout(draw, 500); }); }
dark.addEventListener("change", draw);
