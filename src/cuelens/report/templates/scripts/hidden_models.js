// Models can be hidden: their parts of the page, rows and columns of tables, marks of charts.
var views = new Map();
var hidden = [];
var counts = [];

function hide(view) { return view.signal("hidden", hidden).runAsync(); }

var buttons = Array.from(document.querySelectorAll("button[data-hides]"));
var parts = Array.from(document.querySelectorAll("[data-model]"));
var tables = Array.from(document.querySelectorAll("table[id^=table-]"));
var missing = document.getElementById("missing");

function sift(table) {
  // Columns that are a model's own, and rows in which a column names it.
  var heads = Array.from(table.tHead.rows[0].cells);
  var places = heads.map(function (_, at) { return at; });
  var own = places.filter(function (at) { return heads[at].dataset.model !== undefined; });
  var naming = places.filter(function (at) { return heads[at].dataset.names !== undefined; });
  if (!own.length && !naming.length) { return; }
  Array.from(table.tBodies[0].rows).forEach(function (row) {
    own.forEach(function (at) { row.cells[at].hidden = heads[at].hidden; });
    row.classList.toggle("away", naming.some(function (at) {
      return hidden.includes(row.cells[at].textContent);
    }));
  });
}

function showBut(names) {
  hidden = names;
  buttons.forEach(function (one) {
    one.setAttribute("aria-pressed", String(!hidden.includes(one.dataset.hides)));
  });
  parts.forEach(function (part) { part.hidden = hidden.includes(part.dataset.model); });
  tables.forEach(sift);
  counts.forEach(function (count) { count(); });
  missing.hidden = !hidden.length;
  missing.querySelector("span").textContent = hidden.join(", ");
  views.forEach(hide);
}

buttons.forEach(function (button) {
  button.addEventListener("click", function () {
    var name = button.dataset.hides;
    var others = hidden.filter(function (one) { return one !== name; });
    showBut(others.length < hidden.length ? others : hidden.concat([name]));
  });
});
missing.querySelector("button").addEventListener("click", function () { showBut([]); });
