(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var themes = JSON.parse(document.getElementById("themes").textContent);
  var figures = Array.from(document.querySelectorAll("figure.chart"));
  document.documentElement.classList.add("scripted");

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
