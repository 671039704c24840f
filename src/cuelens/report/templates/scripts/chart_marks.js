// Marks of charts answer to the pointer, to a tap and to arrow keys, and are read aloud.
// Vega opens a mark's box at pointermove and shuts it at mouseout; a tap and a key send these.
var pointed = null;
var spoken = document.createElement("p");
spoken.className = "unseen";
spoken.setAttribute("role", "status");
document.body.appendChild(spoken);

function marksOf(live) {
  return Array.from(live.querySelectorAll("path")).filter(function (one) {
    return one.__data__ && one.__data__.tooltip;
  });
}

function send(mark, kind) {
  var box = mark.getBoundingClientRect();
  mark.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + box.height / 2
  }));
}

function point(mark) {
  if (pointed) { pointed.classList.remove("pointed"); send(pointed, "mouseout"); }
  pointed = mark || null;
  spoken.textContent = "";
  if (!mark) { return; }
  mark.classList.add("pointed");
  send(mark, "pointermove");
  var shown = mark.__data__.tooltip;
  spoken.textContent = Object.keys(shown).map(function (key) {
    return key + ": " + shown[key];
  }).join(", ");
}

function apart(mark, event) {
  var box = mark.getBoundingClientRect();
  return Math.hypot(Math.max(box.left - event.clientX, 0, event.clientX - box.right),
                    Math.max(box.top - event.clientY, 0, event.clientY - box.bottom));
}

document.addEventListener("click", function (event) {
  // A finger is wider than a mark: the nearest one answers.
  var live = event.target.closest(".live");
  var nearest = (live ? marksOf(live).reverse() : []).map(function (mark) {
    return { mark: mark, apart: apart(mark, event) };
  }).filter(function (one) { return one.apart < 24; }).sort(function (one, other) {
    return one.apart - other.apart;
  })[0];
  point(nearest && nearest.mark);
});

document.addEventListener("mouseout", function (event) {
  // What was tapped stays open, though a pointer stands elsewhere.
  if (!event.isTrusted || !pointed) { return; }
  if (pointed.closest(".live").contains(event.target)) { event.stopPropagation(); }
}, true);
document.addEventListener("pointermove", function (event) {
  if (event.isTrusted && event.pointerType === "mouse" && event.target.closest(".live")) {
    if (pointed && event.target !== pointed) { point(null); }
  }
}, true);

var steps = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
function walk(event) {
  if (event.key === "Escape") { point(null); }
  if (!steps[event.key]) { return; }
  var marks = marksOf(event.currentTarget);
  var at = marks.indexOf(pointed);
  var next = at < 0 && steps[event.key] < 0 ? marks.length - 1 : at + steps[event.key];
  event.preventDefault();
  if (marks[next]) { point(marks[next]); }
}

function name(live, label) {
  // Vega names what it draws by itself, and each of its elements apart: its numbers go unheard.
  live.setAttribute("role", "img");
  live.removeAttribute("aria-roledescription");
  live.setAttribute("aria-label", label);
  live.querySelector("svg").setAttribute("aria-hidden", "true");
  live.tabIndex = 0;
  live.onkeydown = walk;
  live.onblur = function () { point(null); };
}
