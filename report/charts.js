// What all charts share: colours of the scheme, axes, limits as lines, error bars.
const charts = []; // functions that draw, called again when light and dark change
const drawn = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function addChart(make) {
  charts.push(make);
}

// fit: draws what is no chart to the width that it has got.
const fits = [];

function addFit(fit) {
  fits.push(fit);
}

function drawCharts() {
  while (drawn.length > 0) drawn.pop().destroy();
  Chart.defaults.color = colour("quiet");
  Chart.defaults.borderColor = colour("line");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  for (const make of charts) drawn.push(make());
  for (const fit of fits) fit();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

// A canvas in a box of fixed height, with words for those who do not see it.
function plotBox(label, small) {
  const canvas = element("canvas", {role: "img", "aria-label": label});
  return {canvas, box: element("div", {class: small ? "plot small" : "plot"}, canvas)};
}

function axis(title, more) {
  return Object.assign({title: {display: true, text: title}, grid: {color: colour("line")}}, more);
}

const percentTicks = {callback: (value) => Number((100 * value).toFixed(2)) + " %"};
const countTicks = {callback: (value) => Number(value).toLocaleString("en-US"), maxRotation: 0, autoSkipPadding: 12};

// Lines and figures at powers of ten, and between them where these are few.
function logTicks(min, max) {
  const values = [];
  const factors = max / min < 6 ? [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9] : max / min < 60 ? [1, 2, 5] : [1];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10)
    for (const factor of factors)
      if (factor * power >= min && factor * power <= max) values.push(factor * power);
  return values;
}

function logAxis(title, ends) {
  return axis(title, Object.assign({type: "logarithmic",
    afterBuildTicks: (scale) => { scale.ticks = logTicks(scale.min, scale.max).map((value) => ({value})); },
    ticks: {callback: (value) => Number(value.toPrecision(3)).toLocaleString("en-US"), maxRotation: 0, autoSkipPadding: 8}}, ends));
}

function baseOptions(x, y) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false,
    scales: {x, y},
    plugins: {legend: {display: false}, tooltip: {displayColors: false}},
  };
}

// options.plugins.limits = {x: value, text, y: value, yText}: dashed lines across the chart.
const limitLines = {
  id: "limits",
  afterDatasetsDraw(chart, args, options) {
    const {ctx, chartArea: area, scales} = chart;
    const line = (x0, y0, x1, y1) => {
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
    };
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("bad");
    ctx.setLineDash([6, 4]);
    ctx.lineWidth = 1.5;
    ctx.font = "12px " + Chart.defaults.font.family;
    const x = known(options.x) ? scales.x.getPixelForValue(options.x) : -1;
    if (x >= area.left && x <= area.right + 1) {
      line(x, area.top, x, area.bottom);
      const right = x + 8 + ctx.measureText(options.text).width < area.right; // where less is drawn
      ctx.textAlign = right ? "left" : "right";
      ctx.fillText(options.text, right ? x + 5 : x - 5, area.top + 13);
    }
    const y = known(options.y) ? scales.y.getPixelForValue(options.y) : -1;
    if (y >= area.top - 1 && y <= area.bottom) {
      line(area.left, y, area.right, y);
      ctx.textAlign = "left";
      ctx.fillText(options.yText, area.left + 5, y - 5);
    }
    ctx.restore();
  },
};

// Datasets with errorBars: "x" or "y"; their points carry low and high.
const errorBars = {
  id: "errorBars",
  afterDatasetsDraw(chart) {
    chart.data.datasets.forEach((dataset, d) => {
      if (!dataset.errorBars || !chart.isDatasetVisible(d)) return;
      const scale = chart.scales[dataset.errorBars];
      const {ctx} = chart;
      const {left, top, width, height} = chart.chartArea;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, width, height);
      ctx.clip();
      ctx.strokeStyle = dataset.errorColour;
      ctx.lineWidth = 1.5;
      chart.getDatasetMeta(d).data.forEach((point, i) => {
        const raw = dataset.data[i];
        if (!known(raw.low) || !known(raw.high)) return;
        const low = scale.getPixelForValue(raw.low), high = scale.getPixelForValue(raw.high);
        ctx.beginPath();
        if (dataset.errorBars === "y") {
          ctx.moveTo(point.x, low); ctx.lineTo(point.x, high);
          ctx.moveTo(point.x - 4, low); ctx.lineTo(point.x + 4, low);
          ctx.moveTo(point.x - 4, high); ctx.lineTo(point.x + 4, high);
        } else {
          ctx.moveTo(low, point.y); ctx.lineTo(high, point.y);
          ctx.moveTo(low, point.y - 4); ctx.lineTo(low, point.y + 4);
          ctx.moveTo(high, point.y - 4); ctx.lineTo(high, point.y + 4);
        }
        ctx.stroke();
      });
      ctx.restore();
    });
  },
};

Chart.register(limitLines, errorBars);

function legend(...items) {
  return element("ul", {class: "key"}, ...items.map(([name, text, shape]) =>
    element("li", null, element("i", {class: shape || null, style: "background: var(--" + name + ")"}), text)));
}
