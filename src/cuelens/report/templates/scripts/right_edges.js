// What goes on beyond the right edge fades there.
var sized = new ResizeObserver(function (entries) {
  entries.forEach(function (entry) { fade(entry.target); });
});
function fade(box) {
  box.classList.toggle("more", box.scrollWidth - box.clientWidth - box.scrollLeft > 4);
}
document.querySelectorAll(".scroll, nav ul").forEach(function (box) {
  box.addEventListener("scroll", function () { fade(box); }, { passive: true });
  sized.observe(box);
});
