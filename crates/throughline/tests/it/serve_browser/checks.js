// What is wrong with the page as it is laid out now, for people who see, hear or only type: a list of
// sentences, empty where all is well. What axe checks of it, as far as a page without widgets needs it.
(() => {
  const faults = new Set();
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const isSeen = (one) => one.getClientRects().length > 0 && one.checkVisibility({ visibilityProperty: true });
  const words = (one) => (one?.textContent ?? "").replace(/\s+/g, " ").trim();
  const shown = (one) => `<${one.localName}${one.id && ` id=${one.id}`}> “${words(one).slice(0, 50)}”`;
  const named = (ids) => ids.split(/\s+/).map((id) => words(document.getElementById(id))).join(" ").trim();

  // The document.
  if (!document.documentElement.lang) faults.add("the language is not named");
  const [h1, ...more] = all("h1");
  if (!h1 || more.length) faults.add(`${more.length + (h1 ? 1 : 0)} first headings`);
  else if (!document.title.startsWith(words(h1))) faults.add(`the title “${document.title}” does not name the page`);
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6").filter(isSeen)) {
    const next = Number(heading.localName[1]);
    if (next > level + 1) faults.add(`after a heading of level ${level}, one of level ${next}: ${shown(heading)}`);
    if (!words(heading)) faults.add("a heading is empty");
    level = next;
  }
  const ids = all("[id]").map((one) => one.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.add(`two things are called “${id}”`));
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "for"])
    for (const one of all(`[${name}]`))
      for (const id of one.getAttribute(name).split(/\s+/))
        if (!document.getElementById(id)) faults.add(`${name} of ${shown(one)} names “${id}”, which is not there`);
  for (const one of all("a[href^='#']"))
    if (!document.getElementById(decodeURIComponent(one.hash.slice(1)))) faults.add(`${shown(one)} leads to nothing`);
  for (const one of all("svg [fill^='url(#'], svg [href^='#']")) {
    const id = (one.getAttribute("href") ?? one.getAttribute("fill").slice(4, -1)).slice(1).replace(/['")]/g, "");
    if (!document.getElementById(id)) faults.add(`a drawing is filled with “${id}”, which is not there`);
  }

  // Names.
  const label = (one) => one.getAttribute("aria-label")?.trim() || named(one.getAttribute("aria-labelledby") ?? "")
    || [...(one.labels ?? [])].map(words).join(" ");
  for (const one of all("input:not([type=hidden]), select, textarea"))
    if (!label(one)) faults.add(`a field “${one.name}” has no label`);
  for (const one of all("img")) if (!one.hasAttribute("alt")) faults.add(`an image without alt: ${one.src}`);
  for (const one of all("svg[role=img]"))
    if (!label(one) && !words(one.querySelector("title"))) faults.add("a drawing has no name");
  for (const one of all("a[href], button, summary"))
    if (!label(one) && !words(one) && !all("img[alt]", one).some((image) => image.alt))
      faults.add(`a link or button has no name: ${one.outerHTML.slice(0, 80)}`);
  for (const one of all("nav, [role=region]")) if (!label(one)) faults.add(`${one.localName} has no name`);
  for (const one of all("th")) if (!one.scope) faults.add(`what is ${shown(one)} the head of?`);

  // Something in everything that has a heading.
  for (const one of all("section, figure, .card, dd").filter(isSeen))
    if (!words(one).replace(words(one.querySelector("h2, h3")), "") && !one.querySelector("svg, input"))
      faults.add(`${one.localName} ${one.id || one.className || "in " + words(one.closest("dl")).slice(0, 40)} is empty`);

  // Room.
  const width = document.documentElement.clientWidth;
  const scrolls = (one) => one && one !== document.body &&
    (["auto", "scroll", "hidden"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = all("body *").filter((one) => one.getBoundingClientRect().right > width + 1 && !scrolls(one));
    faults.add(`scrolls sideways to ${document.documentElement.scrollWidth}: ${wide.slice(-2).map(shown).join(", ")}`);
  }
  for (const plot of all("svg[role=img]").filter(isSeen)) {
    const [edge, texts] = [plot.getBoundingClientRect(), all("text", plot).filter(isSeen)];
    const boxes = texts.map((one) => one.getBoundingClientRect());
    boxes.forEach((box, at) => {
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
        faults.add(`“${words(texts[at])}” leaves its drawing`);
      const over = boxes.findIndex((other, index) => index > at
        && Math.min(box.right, other.right) - Math.max(box.left, other.left) > 2
        && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 4);
      if (over > 0) faults.add(`“${words(texts[at])}” and “${words(texts[over])}” lie over each other`);
    });
  }

  // Words, and their contrast: 4.5, or 3 for large text (WCAG 2.2, 1.4.3).
  const colour = (text) => {
    const part = (text.match(/[\d.]+(e-\d+)?%?/g) ?? []).map(Number);
    const rgb = text.startsWith("color(") ? part.slice(0, 3).map((one) => one * 255) : part.slice(0, 3);
    return { rgb, alpha: part[3] ?? 1 };
  };
  const over = (top, ground) => top.rgb.map((one, at) => one * top.alpha + ground[at] * (1 - top.alpha));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => one / 255).map((one) => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + .05) / (dark + .05);
  };
  const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const ground = (one) => {
    if (!one) return canvas;
    const own = colour(getComputedStyle(one).backgroundColor);
    return own.alpha === 1 && own.rgb.length === 3 ? own.rgb : over(own.rgb.length ? own : { rgb: canvas, alpha: 0 }, ground(one.parentElement));
  };
  // Under a text of a drawing lies the last bar that was painted before it.
  const under = (one, box) => {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const bars = all("rect", one.ownerSVGElement).filter((bar) => {
      const at = bar.getBoundingClientRect();
      return at.left <= x && x <= at.right && at.top <= y && y <= at.bottom
        && bar.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
    });
    const behind = ground(one.ownerSVGElement);
    return bars.reduce((below, bar) => {
      const style = getComputedStyle(bar), fill = colour(style.fill);
      if (style.fill === "none" || style.fill.startsWith("url(")) return below;
      return over({ ...fill, alpha: fill.alpha * style.fillOpacity * style.opacity }, below);
    }, behind);
  };
  const check = (one, text, box) => {
    const style = getComputedStyle(one), drawn = one instanceof SVGElement;
    const behind = drawn ? under(one, box) : ground(one);
    const ink = colour(drawn ? style.fill : style.color);
    for (let at = one; at; at = at.parentElement) ink.alpha *= getComputedStyle(at).opacity;
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const found = contrast(over(ink, behind), behind);
    if (found < (isLarge ? 3 : 4.5))
      faults.add(`contrast ${found.toFixed(2)} of “${text.slice(0, 40)}”: ${over(ink, behind).map(Math.round)} on ${behind.map(Math.round)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement, text = words(node);
    if (!text || one.closest("script, style, title, option, .skip, defs") || !isSeen(one)) continue;
    check(one, text, one.getBoundingClientRect());
    if (!one.closest("pre, code") && /\bNaN\b|\bundefined\b|\bnull\b|\bNone\b|\bSome\(|\binf\b|\{\{/.test(text))
      faults.add(`“${text.slice(0, 60)}” is not for people`);
  }
  for (const one of all("input:not([type=hidden], [type=range]), select").filter(isSeen)) check(one, one.value, null);

  // Whoever types sees where they are.
  const last = document.activeElement;
  // One of each kind tells of all: rows of a table are alike.
  const kinds = new Set();
  for (const one of all("a[href], button, select, input:not([type=hidden]), summary, [tabindex='0']").filter(isSeen)) {
    const kind = [one, one.parentElement, one.parentElement.parentElement].map((it) => it.localName + it.getAttribute("class")).join();
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    one.focus({ preventScroll: true, focusVisible: true });
    const style = getComputedStyle(one);
    if (document.activeElement !== one) faults.add(`cannot be reached with the keyboard: ${shown(one)}`);
    else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) faults.add(`its focus is not seen: ${shown(one)}`);
  }
  document.activeElement?.blur();
  last?.focus?.({ preventScroll: true });
  return [...faults];
})()
