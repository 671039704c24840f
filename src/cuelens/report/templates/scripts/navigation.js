// The navigation tells which part is read.
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
