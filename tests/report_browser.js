// Runs inside a report, behind its own scripts: drives it as a reader would and leaves what it saw in an
// element called "seen", one line a check, for scripts/test_report.sh.
"use strict";
// Charts look at events once a frame.
const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

addEventListener("load", async () => {
  document.body.append(element("pre", {id: "opened"},
    performance.getEntriesByType("navigation")[0].loadEventStart.toFixed(0)));
  const lines = [];
  const check = (what, is) => lines.push((is ? "ok      " : "FAILED  ") + what);
  const details = () => document.getElementById("details").textContent;
  const press = (node, key) => node.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));

  check("every section has something in it", [...document.querySelectorAll("main section")].length === 7 &&
    [...document.querySelectorAll("main section")].every((s) => s.children.length > 1));
  check("no picture is wider than the page", document.documentElement.scrollWidth <= innerWidth);
  check("markup in names stays text", document.querySelectorAll("main img, main b, main script").length === 0);

  if (data.candidates.count > 1) {
    const canvas = document.getElementById("front-chart"), chart = front.chart;
    const set = chart.data.datasets.findIndex((d) => d.label === "measured" && d.data.length > 0);
    const at = set >= 0 ? set : chart.data.datasets.findIndex((d) => d.label === "front");
    // A click where a point is that no other point hides.
    const meta = chart.getDatasetMeta(at).data, box = canvas.getBoundingClientRect();
    const spot = meta[meta.length - 1];
    const event = (type) => canvas.dispatchEvent(new MouseEvent(type, {clientX: box.left + spot.x, clientY: box.top + spot.y, bubbles: true}));
    event("mousemove");
    await twoFrames();
    const wanted = chart.data.datasets[at].data[meta.length - 1];
    check("hovering shows architecture and figures", chart.tooltip.opacity > 0 && chart.tooltip.body[0].lines.join(" ").includes("accuracy"));
    event("click");
    await twoFrames();
    check("a click selects the point", selection.index >= 0 &&
      networks.accuracy[selection.index] === wanted.y && details().includes("Candidate " + networks.id[selection.index]));
    const before = selection.index;
    canvas.focus();
    check("the chart takes the focus", document.activeElement === canvas);
    press(canvas, "Home");
    const first = selection.index;
    press(canvas, "ArrowRight");
    check("arrow keys move the selection", first !== selection.index && details().toLowerCase().includes(networkName(selection.index)));
    press(canvas, "ArrowUp");
    check("up and down stay on the front", networks.on_front[selection.index] === 1);
    check("the selection moved at all", before !== selection.index || data.candidates.count < 4);
    for (const name of ["sram", "flash", "latency"]) {
      const radio = document.querySelector('input[name=cost][value=' + name + ']');
      if (radio.disabled) continue;
      radio.click();
      check("the axis can be " + name, front.chart.options.scales.x.title.text.toLowerCase().startsWith(name));
    }
    const button = document.querySelector("#front tbody button");
    button.click();
    check("the table selects as well", button.closest("tr").classList.contains("selected") &&
      details().startsWith("Candidate " + button.textContent));
  }
  const refused = data.refused.count;
  if (refused > 0) {
    const rug = front.chart.data.datasets.find((d) => d.label === "refused");
    const lowest = Math.min(...data.candidates.accuracy.filter(known));
    check("what was refused stands below all accuracies", rug.data.every((p) => p.y < lowest && !isJudged(p.index)));
    const cost = costs[limits.pair[0]], chart = limits.chart, over = chart.data.datasets.find((d) => d.label === "over a limit");
    check("all that is over a limit is in the picture of the limits", over.data.length === networks.fits.filter((fits) => !fits).length);
    const canvas = document.getElementById("limits-chart"), box = canvas.getBoundingClientRect();
    const meta = chart.getDatasetMeta(chart.data.datasets.indexOf(over)).data;
    const spot = meta.reduce((most, point) => point.y < most.y ? point : most, meta[0]);
    canvas.dispatchEvent(new MouseEvent("click", {clientX: box.left + spot.x, clientY: box.top + spot.y, bubbles: true}));
    await twoFrames();
    check("a click on what is over a limit says which", !networks.fits[selection.index] && details().includes("over the limit of"));
    press(canvas, "Home");
    const left = selection.index;
    press(canvas, "End");
    check("arrow keys walk along the costs", networks[cost.column][left] < networks[cost.column][selection.index]);
    document.querySelectorAll("input[name=pair]").forEach((radio) => radio.disabled || radio.click());
    check("the pair of costs can be chosen", limits.chart.data.datasets.find((d) => d.label === "over a limit").data.length === over.data.length);
  }
  const tunings = data.curves.filter((c) => /^(finalist-|winner)/.test(c.stage) && c.step.length > 1).length;
  const tuned = drawn.filter((chart) => chart.data.datasets.some((d) => (d.label || "").startsWith("finalist ")));
  check("every finalist's training has its lines", tuned.length === (tunings > 0 ? 2 : 0) && tuned.every((chart) => chart.data.datasets.length === tunings));
  const memory = document.getElementById("memory-chart");
  if (memory) {
    press(memory, "ArrowRight");
    check("the memory plot is read by arrow keys", document.getElementById("memory-text").textContent.includes(" B at "));
    check("every tensor has its rectangle", memory.querySelectorAll("rect.box").length === data.network.arena.length);
  }
  const copies = [...document.querySelectorAll("#reproduce .command button")];
  check("every command can be copied", copies.length === data.commands.length && copies.every((b) => b.getAttribute("aria-label").startsWith("Copy ")));
  const seen = "\n" + lines.join("\n") + "\n";
  document.body.append(element("pre", {id: "seen"}, seen));
  if (parent !== window) parent.postMessage(seen, "*");
});
