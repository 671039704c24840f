// On paper charts are pictures and what is folded is open.
function still(figure) {
  // As a picture it is for paper alone, and each would be opened like a page of its own.
  var kept = figure.querySelector("noscript");
  if (kept) { kept.outerHTML = kept.textContent; }
}
var unfolded = [];
function unfold() {
  if (unfolded.length) { return; }
  unfolded = Array.from(document.querySelectorAll("details[data-printed]:not([open])"));
  unfolded.forEach(function (one) { one.open = true; });
}
function fold() {
  unfolded.forEach(function (one) { one.open = false; });
  unfolded = [];
}
window.addEventListener("beforeprint", unfold);
window.addEventListener("afterprint", fold);

var paper = window.matchMedia("print");
paper.addEventListener("change", function () { if (paper.matches) { unfold(); } else { fold(); } });
function stills() { figures.forEach(still); }
window.addEventListener("beforeprint", stills);
paper.addEventListener("change", stills);
