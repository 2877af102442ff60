// Where the limits bite: every network by two costs, whatever its accuracy.
const limits = {pair: null, chart: null};
const pairs = [["latency", "sram"], ["latency", "flash"], ["sram", "flash"]];

// The two limits that refused the most.
function bindingPair() {
  const w = data.winner || {};
  const over = {latency: w.over_latency || 0, sram: w.over_sram || 0, flash: w.over_flash || 0};
  const usable = pairs.filter((pair) => pair.every((name) => networks[costs[name].column].some(known)));
  return usable.reduce((best, pair) => over[pair[0]] + over[pair[1]] > over[best[0]] + over[best[1]] ? pair : best, usable[0]);
}

function costPointOf(index) {
  const [x, y] = limits.pair.map((name) => index >= 0 ? networks[costs[name].column][index] : null);
  return known(x) && known(y) ? [{x, y, index}] : [];
}

function costPoints(group) {
  const points = [];
  for (let i = 0; i < networks.count; i++)
    if (frontGroup(i) === group) points.push(...costPointOf(i));
  return points;
}

function drawLimits(canvas, selectable) {
  const [x, y] = limits.pair.map((name) => costs[name]);
  const ends = (cost) => {
    const values = networks[cost.column].filter(known);
    if (known(cost.limit) && cost.limit < 2 * Math.max(...values)) values.push(cost.limit);
    return {min: Math.min(...values) / 1.1, max: 1.1 * Math.max(...values)};
  };
  const options = baseOptions(logAxis(x.title, ends(x)), logAxis(y.title, ends(y)));
  options.plugins.limits = {x: x.limit, text: "limit " + x.text(x.limit), y: y.limit, yText: "limit " + y.text(y.limit)};
  selectable(options);
  limits.chart = new Chart(canvas, {type: "scatter", options, data: {datasets: [
    ...marks(costPointOf),
    dots("front", costPoints("front"), "front", {pointRadius: 4}),
    dots("within the limits", [...costPoints("measured"), ...costPoints("predicted")], "accent", {pointRadius: 2}),
    dots("over a limit", costPoints("over"), "none", {pointRadius: 2.5}),
  ]}});
  return limits.chart;
}

function refusedSentence() {
  const w = data.winner, share = (n) => (100 * n / w.drawn).toFixed(1) + " %";
  const shown = data.refused.count, theirs = others.count;
  const of = !w ? "" : "The search drew " + count(w.drawn) + " different networks and priced each before it judged any: " +
    share(w.over_sram) + " were over the limit of SRAM, " + share(w.over_flash) + " of flash, " + share(w.over_latency) + " of latency; " +
    count(w.feasible) + " fit. ";
  const refused = w ? w.drawn - w.feasible : shown, all = w ? shown === refused : shown < 500;
  const grey = shown > 0 ? "Grey are " + (all ? "all " + count(shown) + " " : count(shown) + ", evenly chosen, ") + "of those that were refused"
    : refused > 0 ? "This study does not keep what it refused" : "Nothing was refused";
  return of + grey + (theirs > 0 ? ", and " + count(theirs) + " candidates of other targets of this study that would be over a limit here." : ".");
}

function limitsView() {
  const node = element("div", {class: "limits"}, element("h3", null, "Where the limits bite"), element("p", null, refusedSentence()));
  if (!networks.fits.includes(0)) return node;
  limits.pair = bindingPair();
  const {canvas, box} = plotBox("All networks by two of their costs, with the limits. Left and right arrow keys move the selection.");
  canvas.id = "limits-chart";
  const order = () => [].concat(...["front", "measured", "predicted", "over"].map(costPoints)).sort((a, b) => a.x - b.x || a.y - b.y);
  const selectable = makeSelectable(canvas, () => limits.chart, order);
  const draw = () => drawLimits(canvas, selectable);
  const switches = pairs.map((pair) => {
    const input = element("input", {type: "radio", name: "pair", value: pair.join("-")});
    input.checked = pair === limits.pair;
    input.disabled = !pair.every((name) => networks[costs[name].column].some(known));
    input.addEventListener("change", () => {
      limits.pair = pair;
      const at = drawn.indexOf(limits.chart);
      limits.chart.destroy();
      drawn[at] = draw();
    });
    return element("label", null, input, costs[pair[1]].name + " over " + costs[pair[0]].inText);
  });
  selection.tell.push((index) => {
    limits.chart.data.datasets[0].data = costPointOf(index);
    limits.chart.update("none");
  });
  addChart(draw);
  node.append(element("fieldset", null, element("legend", null, "Show"), ...switches), box,
    legend(...(winnerIndex >= 0 ? [["good", "winner", "diamond"]] : []), ["front", "front"], ["accent", "within the limits"], ["none", "over a limit"]));
  return node;
}
