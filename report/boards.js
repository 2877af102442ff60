// What can be checked: predictions beside board measurements, answers beside labels.
function drawBoards(canvas) {
  const rows = data.boards;
  const low = Math.min(...rows.map((r) => Math.min(r.measured_ms, r.low_ms))), high = Math.max(...rows.map((r) => Math.max(r.measured_ms, r.high_ms)));
  const logAxis = (title) => axis(title, {type: "logarithmic", min: low * .8, max: high * 1.25, ticks: {
    callback: (v) => /^[125]0*$/.test(String(v).replace(/^0\.0*/, "")) ? v : "", maxRotation: 0}});
  const options = baseOptions(logAxis("measured, ms"), logAxis("predicted, ms"));
  options.plugins.tooltip.callbacks = {
    label: (item) => {
      const r = item.raw.row;
      return r === undefined ? "" : [r.name + ", " + r.runtime + " " + r.version, "measured " + ms(r.measured_ms) + ", predicted " + ms(r.predicted_ms),
        (100 * r.error).toFixed(1) + " %, " + r.role];
    },
  };
  options.plugins.tooltip.filter = (item) => item.raw.row !== undefined;
  const dots = (label, name, chosen) => ({
    label, data: chosen.map((row) => ({x: row.measured_ms, y: row.predicted_ms, low: row.low_ms, high: row.high_ms, row})),
    errorBars: "y", errorColour: colour(name), backgroundColor: colour(name), borderColor: colour(name), pointRadius: 4, parsing: false,
  });
  const own = rows.filter((r) => r.runtime === data.target.runtime), others = rows.filter((r) => r.runtime !== data.target.runtime);
  return new Chart(canvas, {type: "scatter", options, data: {datasets: [
    {label: "equal", data: [{x: low * .8, y: low * .8}, {x: high * 1.25, y: high * 1.25}], showLine: true, pointRadius: 0, pointHitRadius: 0,
      borderColor: colour("quiet"), borderDash: [5, 4], borderWidth: 1, parsing: false},
    dots("of this runtime", "accent", own), dots("of other runtimes", "faint", others),
  ]}});
}

function addBoardsSection() {
  const parent = section("boards", "Predicted against measured");
  if (data.boards_missing) parent.append(missing(data.boards_missing));
  if (data.boards.length === 0) return;
  const {canvas, box} = plotBox("Predicted over measured latency of " + data.boards.length + " networks with 90 % intervals; the table has the figures");
  const covered = data.boards.filter((r) => r.covered).length;
  const fitted = data.boards.filter((r) => r.role === "fitted").length;
  parent.append(element("p", null, covered + " of " + data.boards.length + " measurements lie within the 90 % interval of their prediction; the latency models were fitted to " +
    fitted + " of them, which are a check of the fit alone. On the dashed line both are equal."), box,
    legend(["accent", "runtime " + data.target.runtime], ["faint", "other runtimes of this part"]));
  addChart(() => drawBoards(canvas));
  const rows = data.boards.map((r) => [r.name, r.runtime + " " + r.version, r.role, ms(r.measured_ms), ms(r.predicted_ms),
    ms(r.low_ms) + " to " + ms(r.high_ms), (100 * r.error).toFixed(1) + " %", r.covered ? "yes" : "no", r.source]);
  parent.append(element("details", null, element("summary", null, "The measurements"),
    table("Shipped measurements of this part; \"fitted\": the latency model has seen the row",
      [{name: "network or layer", text: true}, {name: "runtime", text: true}, {name: "role", text: true}, {name: "measured"}, {name: "predicted"},
        {name: "90 % interval"}, {name: "error"}, {name: "covered"}, {name: "source", kind: "arch"}], rows)));
}

function confusionTable() {
  const names = data.study.classes;
  const head = element("tr", null, element("th", {class: "text", scope: "col"}, "label \\ answer"),
    ...names.map((name) => element("th", {scope: "col"}, name)), element("th", {scope: "col"}, "right"));
  const body = element("tbody");
  data.confusion.forEach((row, label) => {
    const all = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, answer) => {
      const cell = element("td", {class: answer === label ? "right" : null}, n === 0 ? "·" : count(n));
      if (n > 0) cell.style.background = "rgba(var(--heat), " + (.06 + .5 * n / all).toFixed(3) + ")";
      return cell;
    });
    body.append(element("tr", null, element("th", {class: "text", scope: "row"}, names[label]), ...cells,
      element("td", null, percent(all > 0 ? row[label] / all : null))));
  });
  const caption = "Rows are labels, columns the winner's int8 answers on the test images";
  return element("div", {class: "scroll confusion", tabindex: "0", role: "region", "aria-label": caption},
    element("table", null, element("caption", null, caption), element("thead", null, head), body));
}

function addConfusionSection() {
  section("confusion", "Confusion", data.confusion ? confusionTable()
    : missing(data.winner ? "The study keeps no confusion matrix." : "There is no winner yet whose answers could be counted."));
}
