// Charts from the JSON in an attribute of each figure. Apache ECharts, with no more of it than is used;
// drawn on a canvas, for it then sets no style attributes, which our policy forbids.
import * as echarts from "echarts/core";
import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, SankeyChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

// ---- colours ---------------------------------------------------------------------------------------------------------

const theme = () => {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return { text: read("--text"), soft: read("--soft"), line: read("--line"), card: read("--card"), accent: read("--accent") };
};

const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const write = (rgb) => "#" + rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");

// WCAG 2.2, "relative luminance" and "contrast ratio".
const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

// A stage's colour as near to the funnel's as can be told from the ground (3:1, WCAG 2.2, 1.4.11).
const legible = (colour, ground) => {
  const towards = luminance(ground) > 0.5 ? 0 : 255;
  let found = colour;
  for (let step = 0; step < 20 && contrast(found, ground) < 3; step += 1) {
    found = write(parts(found).map((part) => part + (towards - part) * 0.1));
  }
  return found;
};

// ---- numbers ---------------------------------------------------------------------------------------------------------

const whole = new Intl.NumberFormat("en");
const lengths = [[86400, "d"], [3600, "h"], [60, "min"]];
const length = (seconds) => {
  for (const [unit, name] of lengths) {
    if (seconds >= unit) {
      const value = seconds / unit;
      return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ${name}`;
    }
  }
  return `${Math.round(seconds)} s`;
};
const formats = {
  number: (value) => (value === null || value === undefined ? "–" : whole.format(value)),
  length: (value) => (value === null || value === undefined ? "–" : length(value)),
  percent: (value) => (value === null || value === undefined ? "–" : `${Math.round(value * 1000) / 10} %`),
};

// ---- one function for each kind of chart -----------------------------------------------------------------------------

const tooltip = (look, extra) => ({
  renderMode: "richText",
  confine: true,
  backgroundColor: look.card,
  borderColor: look.line,
  textStyle: { color: look.text, fontSize: 13 },
  ...extra,
});

const axes = (look) => ({
  axisLine: { lineStyle: { color: look.line } },
  axisTick: { show: false },
  axisLabel: { color: look.soft, hideOverlap: true },
  splitLine: { lineStyle: { color: look.line, type: [3, 4] } },
});

// Bars about a middle line: a funnel whose widths are true, also where a lower rung holds more than the one above it.
const funnel = (model, look, narrow) => {
  const most = Math.max(...model.items.map((item) => item.value), 1);
  return {
    tooltip: tooltip(look, { formatter: ({ data }) => `${data.label_}: ${formats.number(data.number)}` }),
    grid: { left: 8, right: narrow ? 56 : 72, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: "value", min: 0, max: most, show: false },
    yAxis: {
      type: "category",
      inverse: true,
      data: model.items.map((item) => item.label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: look.text, fontSize: narrow ? 12 : 13, width: narrow ? 110 : 170, overflow: "truncate" },
    },
    series: [
      { type: "bar", stack: "funnel", silent: true, itemStyle: { color: "transparent" }, data: model.items.map((item) => (most - item.value) / 2) },
      {
        type: "bar",
        stack: "funnel",
        barCategoryGap: "14%",
        barMinHeight: 3,
        itemStyle: { borderRadius: 4 },
        data: model.items.map((item) => ({
          value: item.value,
          label_: item.label,
          number: item.value,
          href: item.href,
          itemStyle: { color: legible(item.colour, look.card) },
        })),
      },
      {
        type: "bar",
        stack: "funnel",
        silent: true,
        itemStyle: { color: "transparent" },
        label: { show: true, position: "insideRight", offset: [narrow ? 48 : 60, 0], align: "right", color: look.text, fontWeight: 700, formatter: ({ data }) => formats.number(data.number) },
        data: model.items.map((item) => ({ value: (most - item.value) / 2, number: item.value })),
      },
    ],
  };
};

const sankey = (model, look, narrow) => ({
  tooltip: tooltip(look, {
    formatter: ({ dataType, data }) =>
      dataType === "edge"
        ? `${data.from} → ${data.to}: ${formats.number(data.value)}`
        : `${data.label_}: ${formats.number(data.number)}`,
  }),
  series: [
    {
      type: "sankey",
      left: 4,
      right: narrow ? 96 : 140,
      top: 8,
      bottom: 8,
      nodeWidth: 12,
      nodeGap: narrow ? 10 : 16,
      layoutIterations: 32,
      draggable: false,
      emphasis: { focus: "adjacency" },
      lineStyle: { color: "gradient", opacity: dark.matches ? 0.45 : 0.35, curveness: 0.5 },
      label: { color: look.text, fontSize: narrow ? 11 : 12, formatter: (node) => node.data.label_ },
      data: model.nodes.map((node) => ({
        name: node.name,
        label_: node.label,
        number: node.value,
        depth: node.depth,
        href: node.href,
        itemStyle: { color: legible(node.colour, look.card), borderWidth: 0 },
      })),
      links: model.links.map((link) => ({ ...link })),
    },
  ],
});

// The place of the prospects behind a number, of a pattern that the page says once.
const linked = (model, stage, at) =>
  model.link.replace("STAGE", encodeURIComponent(stage)).replace("FROM", model.spans[at][0]).replace("TO", model.spans[at][1]);

const trend = (model, look, narrow) => ({
  tooltip: tooltip(look, { trigger: "axis", valueFormatter: formats.number }),
  legend: { type: "plain", bottom: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, textStyle: { color: look.soft, fontSize: 12 } },
  grid: { left: 8, right: 16, top: 16, bottom: narrow ? 96 : 56, containLabel: true },
  xAxis: { type: "category", data: model.periods, boundaryGap: model.stacked, ...axes(look), splitLine: { show: false } },
  yAxis: { type: "value", minInterval: 1, ...axes(look), axisLine: { show: false }, axisLabel: { color: look.soft, formatter: formats.number } },
  series: model.series.map((one) => ({
    name: one.label,
    type: model.stacked ? "bar" : "line",
    stack: model.stacked ? "all" : undefined,
    barMaxWidth: 40,
    symbol: "circle",
    symbolSize: 6,
    showSymbol: model.periods.length < 40,
    lineStyle: { width: 2 },
    emphasis: { focus: "series" },
    itemStyle: { color: legible(one.colour, look.card) },
    data: one.values.map((value, at) => ({ value, href: value ? linked(model, one.stage, at) : undefined })),
  })),
});

const bars = (model, look, narrow) => {
  const format = formats[model.format || "number"];
  const shades = [1, 0.65, 0.35];
  return {
    tooltip: tooltip(look, { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: format }),
    legend: model.series.length > 1 ? { bottom: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, textStyle: { color: look.soft } } : undefined,
    grid: { left: 8, right: narrow ? 48 : 64, top: 8, bottom: model.series.length > 1 ? 36 : 8, containLabel: true },
    xAxis: { type: "value", ...axes(look), axisLine: { show: false }, axisLabel: { show: !narrow, color: look.soft, formatter: format, hideOverlap: true } },
    yAxis: {
      type: "category",
      inverse: true,
      data: model.categories.map((category) => category.label),
      ...axes(look),
      splitLine: { show: false },
      axisLabel: { color: look.text, width: narrow ? 130 : 230, overflow: "truncate" },
    },
    series: model.series.map((one, at) => ({
      name: one.label,
      type: "bar",
      barMaxWidth: model.series.length > 1 ? 12 : 22,
      barGap: "15%",
      itemStyle: { borderRadius: [0, 3, 3, 0], color: legible(look.accent, look.card), opacity: shades[at % shades.length] },
      label: { show: model.series.length === 1, position: "right", color: look.text, formatter: (item) => format(item.value) },
      data: one.values.map((value, place) => {
        const { colour, href } = model.categories[place];
        return { value, href, itemStyle: colour ? { color: legible(colour, look.card) } : undefined };
      }),
    })),
  };
};

const kinds = { funnel, sankey, trend, bars };

// ---- drawing ---------------------------------------------------------------------------------------------------------

const drawn = new Map();

const draw = (figure) => {
  const place = figure.querySelector(".canvas");
  const model = JSON.parse(figure.dataset.chart);
  const look = theme();
  const chart = drawn.get(figure) || echarts.init(place, null, { renderer: "canvas" });
  if (!drawn.has(figure)) {
    chart.on("click", ({ data }) => data?.href && location.assign(data.href));
    chart.on("mouseover", ({ data }) => place.classList.toggle("leads", Boolean(data?.href)));
    chart.on("mouseout", () => place.classList.remove("leads"));
    drawn.set(figure, chart);
  }
  chart.setOption(
    { animation: !still.matches, animationDuration: 300, textStyle: { fontFamily: "system-ui, sans-serif" }, ...kinds[model.kind](model, look, place.clientWidth < 520) },
    { notMerge: true },
  );
};

const drawAll = () => {
  for (const [figure, chart] of drawn) {
    if (!figure.isConnected) {
      chart.dispose();
      drawn.delete(figure);
    }
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    if (!figure.hidden && !drawn.has(figure)) draw(figure);
  }
};

document.addEventListener("htmx:load", drawAll);
dark.addEventListener("change", () => [...drawn.keys()].forEach(draw));
let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    for (const [figure, chart] of drawn) {
      chart.resize();
      draw(figure);
    }
  }, 120);
});

document.addEventListener("click", (event) => {
  const saving = event.target.closest("[data-png]");
  const figure = saving && saving.closest(".panel").querySelector("figure[data-chart]");
  if (figure) {
    const link = document.createElement("a");
    link.href = drawn.get(figure).getDataURL({ type: "png", pixelRatio: 2, backgroundColor: theme().card });
    link.download = `${saving.dataset.png}.png`;
    link.click();
    return;
  }
  const toggle = event.target.closest("[data-numbers]");
  if (!toggle) return;
  const panel = toggle.closest(".panel");
  const shown = toggle.getAttribute("aria-pressed") !== "true";
  toggle.setAttribute("aria-pressed", String(shown));
  panel.classList.toggle("as-table", shown);
});

drawAll();
