// The data, elements and figures. Names come from users: they reach the page as text nodes only.
const data = JSON.parse(document.getElementById("data").textContent);

// element("td", {class: "text"}, "words", otherElement): attributes that are null are left out.
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  for (const child of children)
    if (child !== null && child !== undefined) node.append(child);
  return node;
}

function svgElement(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const known = (value) => value !== null && value !== undefined;
const unknownText = "–";

function count(value) {
  return known(value) ? Math.round(value).toLocaleString("en-US") : unknownText;
}

function percent(share) {
  return known(share) ? (100 * share).toFixed(2) + " %" : unknownText;
}

// A share of few images with its 95 % interval.
function percentWithin(share, half) {
  return known(share) && known(half) ? (100 * share).toFixed(2) + " ± " + (100 * half).toFixed(2) + " %" : percent(share);
}

function ms(value) {
  return known(value) ? (value === 0 ? "0" : Number(value.toPrecision(3)).toString()) + " ms" : unknownText;
}

function bytes(value) {
  return known(value) ? count(value) + " B" : unknownText;
}

function duration(seconds) {
  if (!known(seconds)) return unknownText;
  if (seconds < 120) return seconds.toFixed(0) + " s";
  return seconds < 7200 ? (seconds / 60).toFixed(0) + " min" : (seconds / 3600).toFixed(1) + " h";
}

function missing(sentence) {
  return element("p", {class: "missing"}, sentence);
}

// rows: arrays of texts or elements; columns: {name, text: true for words}.
function table(caption, columns, rows, rowClasses) {
  const kind = (i) => columns[i].kind || (columns[i].text ? "text" : null);
  const head = element("tr", null, ...columns.map((c, i) => element("th", {scope: "col", class: kind(i)}, c.name)));
  const body = element("tbody");
  rows.forEach((row, r) => {
    const cells = row.map((cell, i) => element("td", {class: kind(i)}, cell));
    body.append(element("tr", {class: rowClasses ? rowClasses[r] : null}, ...cells));
  });
  return captioned(caption, element("table", {"aria-label": caption}, element("thead", null, head), body));
}

// The caption stays where it is when a wide table is scrolled.
function captioned(caption, node, kind) {
  return element("div", {class: "captioned"}, element("p", {class: "caption", "aria-hidden": "true"}, caption),
    element("div", {class: "scroll" + (kind ? " " + kind : ""), tabindex: "0", role: "region", "aria-label": caption}, node));
}

async function copyText(text, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch (refused) { // pages from a file may not use the clipboard in some browsers
    const area = element("textarea", {"aria-hidden": "true"});
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.dataset.name || button.textContent;
  button.dataset.name = before;
  button.textContent = done ? "Copied" : "Not allowed";
  setTimeout(() => { button.textContent = before; }, 1500);
}

function copyButton(text, what) {
  const button = element("button", {type: "button", "aria-label": "Copy " + what}, "Copy");
  button.addEventListener("click", () => copyText(text, button));
  return button;
}

// A section with its line in the navigation.
function section(id, title, ...children) {
  document.getElementById("nav").append(element("a", {href: "#" + id}, title));
  const node = element("section", {id, "aria-labelledby": id + "-title"},
    element("h2", {id: id + "-title"}, title), ...children);
  document.getElementById("main").append(node);
  return node;
}
