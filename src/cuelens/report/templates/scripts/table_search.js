// Rows of a table are found by words.
document.querySelectorAll("input[data-table]").forEach(function (input) {
  var rows = Array.from(document.getElementById(input.dataset.table).tBodies[0].rows);
  var output = input.parentElement.querySelector("output");
  function count() {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (row) {
      var text = words.length ? row.textContent.toLowerCase() : "";
      row.hidden = !words.every(function (word) { return text.includes(word); });
      shown += row.hidden || row.classList.contains("away") ? 0 : 1;
    });
    output.textContent = shown < rows.length || words.length ? shown + " of " + rows.length + " rows" : "";
  }
  input.addEventListener("input", count);
  counts.push(count);
});
