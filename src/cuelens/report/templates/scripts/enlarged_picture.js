// A strip's pictures enlarged, with what the models answer; arrows go from one to the next.
var dialog = document.getElementById("enlarged");
var picture = document.createElement("img");
dialog.insertBefore(picture, dialog.querySelector(".keys"));
var title = document.getElementById("enlarged-title");
var told = document.getElementById("enlarged-answer");
var grid = [];
var place = [0, 0];

function visible(one) { return one.getClientRects().length > 0; }

function open(strip, start) {
  // Rows of the strip that hold pictures, and in each the pictures that are shown by its columns.
  grid = Array.from(strip.querySelectorAll("tr")).map(function (row) {
    return Array.from(row.querySelectorAll("td")).map(function (cell) {
      return Array.from(cell.querySelectorAll("img")).filter(visible).pop();
    });
  }).filter(function (row) { return row.some(Boolean); });
  place = [0, 0];
  grid.forEach(function (row, down) {
    row.forEach(function (one, across) { if (one === start) { place = [across, down]; } });
  });
  if (!start) { place = [grid[0].findIndex(Boolean), 0]; }
  if (dialog.showModal) { show(); dialog.showModal(); }
}

function answerOf(block, column) {
  // What the model of a block answers in a column, with its probability; nothing where it has none.
  var row = block.querySelector("tr.model");
  var cell = row && row.cells[column];
  var answer = cell && cell.querySelector(".answer");
  if (!answer) { return ""; }
  var kind = ["right", "wrong"].find(function (one) { return answer.classList.contains(one); });
  return answer.textContent.trim().replace(/\s+/g, " ") + (kind ? " (" + kind + ")" : "");
}

function answersBeside(one) {
  var cell = one.closest("td");
  var own = one.closest("tbody");
  if (cell.querySelector(".answer")) { return cell.querySelector(".answer").textContent.trim(); }
  if (own) { return answerOf(own, cell.cellIndex); }
  return Array.from(one.closest("table").tBodies).filter(visible).map(function (block) {
    var answer = answerOf(block, cell.cellIndex);
    return answer && block.dataset.model + ": " + answer;
  }).filter(Boolean).join("; ");
}

function show() {
  var one = grid[place[1]][place[0]];
  var end = one.parentElement.querySelector("small");
  var parts = [answersBeside(one), end ? end.textContent : ""].filter(Boolean);
  picture.src = one.src;
  picture.alt = one.alt;
  title.textContent = one.alt;
  told.textContent = parts.join(" · ");
}

function move(across, down) {
  var next = [place[0] + across, place[1] + down];
  while (grid[next[1]] && next[0] >= 0 && next[0] < grid[next[1]].length) {
    if (grid[next[1]][next[0]]) { place = next; show(); return; }
    next = [next[0] + across, next[1] + down];
  }
}

document.querySelectorAll(".strip").forEach(function (strip) {
  strip.addEventListener("click", function (event) {
    if (event.target.matches("img")) { open(strip, event.target); }
    if (event.target.matches(".enlarge")) { open(strip, null); }
  });
});
var moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
dialog.addEventListener("keydown", function (event) {
  if (moves[event.key]) { event.preventDefault(); move.apply(null, moves[event.key]); }
});
dialog.addEventListener("click", function (event) {
  if (event.target.dataset.move) { move.apply(null, event.target.dataset.move.split(",").map(Number)); }
  if (event.target === dialog || event.target.matches(".close")) { dialog.close(); }
});
