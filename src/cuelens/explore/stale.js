(answers, attack, radius) => {  // is the attack on what is shown now, and within this radius?
  const said = (html, name) => new RegExp(`data-${name}="([^"]*)"`).exec(html ?? "")?.[1];
  const words = said(attack, "words");
  const stale = words !== undefined
    && (words !== said(answers, "words") || said(attack, "radius") !== radius);
  document.querySelector("#results").toggleAttribute("data-stale", stale);
}
