"use strict";
// Bars, graphs and tables stand without this script; it draws the graphs, shows details where one points, and changes the theme.
(() => {
  const root = document.documentElement;
  const THEME = "analyzer-theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem(THEME); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(THEME, theme); } catch { /* a page from a file may have no storage */ } };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  if (kept()) root.dataset.theme = kept();

  // --- graphs: those that can be seen first, then the others that are not folded away, with a plotly that is read when needed
  const DRAWN_AT_ONCE = 40;
  const SETTLED = 200; // ms, in which those in view have come first
  const drawn = new Set();
  let themes;
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  function readPlotly() {
    if (window.Plotly) return;
    themes = json("themes");
    const script = document.createElement("script");
    script.textContent = document.getElementById("plotly").textContent;
    document.head.append(script);
  }
  // a legend of one column above the picture needs room, and the title of the axis a smaller font
  const NARROW = 560;
  const LEGEND_LINE = 19;
  function fit(figure) {
    figure.layout.height += LEGEND_LINE * Math.max(0, figure.data.filter((trace) => trace.showlegend !== false).length - 1);
    figure.layout.xaxis.title.font = { size: 10 };
  }
  const CONFIG = {
    responsive: true, displaylogo: false, scrollZoom: false, doubleClick: "reset",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toImage"],
  };
  function draw(place) {
    if (drawn.has(place)) return;
    drawn.add(place);
    readPlotly();
    const figure = json(place.dataset.figure);
    if (place.clientWidth < NARROW) fit(figure);
    if (isDark()) paint(figure, themes.dark);
    place.replaceChildren();
    place.style.height = `${figure.layout.height}px`;
    window.Plotly.newPlot(place, figure.data, figure.layout, CONFIG);
  }
  // figures come in the colours of a light page
  function paint(figure, theme) {
    for (const trace of figure.data) {
      const colour = theme.colours[trace.meta];
      if (trace.line) trace.line.color = colour;
      if (trace.marker) trace.marker.color = colour;
      if (trace.fillcolor) trace.fillcolor = colour;
    }
    for (const [path, value] of Object.entries(theme.layout)) {
      const keys = path.split(".");
      const last = keys.pop();
      let inner = figure.layout;
      for (const key of keys) inner = inner[key] ??= {};
      inner[last] = value;
    }
  }
  function repaint(place, asDark) {
    const theme = asDark ? themes.dark : themes.light;
    const colours = place.data.map((trace) => theme.colours[trace.meta]);
    window.Plotly.update(place, { "line.color": colours, "marker.color": colours, fillcolor: colours }, theme.layout);
  }
  // one at a time, when there is nothing else to do, so that the page scrolls on
  const waiting = [];
  const whenIdle = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 500 }) : setTimeout(work, 50));
  function drawNext() {
    const place = waiting.shift();
    if (!place) return;
    draw(place);
    whenIdle(drawNext);
  }
  const repaintAll = (asDark) => drawn.forEach((place) => place.data && repaint(place, asDark));

  function graphs() {
    const places = document.querySelectorAll(".graph");
    if (!places.length) return;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); waiting.push(entry.target); }
      whenIdle(drawNext);
    }, { rootMargin: "600px" });
    places.forEach((place) => seen.observe(place));
    // paper and pictures of the whole page show what nobody scrolled to
    const unfolded = [...places].filter((place) => place.checkVisibility()).slice(0, DRAWN_AT_ONCE);
    setTimeout(() => { waiting.push(...unfolded); whenIdle(drawNext); }, SETTLED);
  }

  // --- theme
  function theme() {
    const button = document.getElementById("theme");
    const show = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", isDark() ? "Change to the light theme" : "Change to the dark theme");
      repaintAll(isDark());
    };
    button.hidden = false;
    button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; keep(root.dataset.theme); show(); });
    dark.addEventListener("change", show);
    show();
  }

  // --- waterfall
  function axes() {
    for (const button of document.querySelectorAll("[data-axis-of]")) {
      button.addEventListener("click", () => {
        const group = button.parentElement;
        group.closest("section").querySelector(".waterfall").dataset.axis = button.dataset.axisOf;
        for (const one of group.children) one.setAttribute("aria-pressed", String(one === button));
      });
    }
  }

  function tips() {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.setAttribute("role", "tooltip");
    tip.id = "tip";
    tip.hidden = true;
    document.body.append(tip);
    let owner = null;
    const hide = () => { tip.hidden = true; owner?.removeAttribute("aria-describedby"); owner = null; };
    function show(summary, x, y, place) {
      const details = summary.parentElement;
      const title = document.createElement("strong");
      title.textContent = `${summary.querySelector(".what").textContent}  ${summary.querySelector(".took").textContent}`;
      const table = document.createElement("table");
      details.querySelectorAll(".journey tbody tr").forEach((row, number) => {
        const line = table.insertRow();
        for (const cell of [0, 2, 3]) line.insertCell().textContent = row.cells[cell].textContent;
        const colour = row.querySelector(".swatch").cloneNode();
        line.cells[0].prepend(colour);
        if (number === place) line.className = "here";
      });
      tip.replaceChildren(title, table);
      tip.hidden = false;
      if (owner !== summary) { owner?.removeAttribute("aria-describedby"); owner = summary; summary.setAttribute("aria-describedby", "tip"); }
      const { width, height } = tip.getBoundingClientRect();
      tip.style.left = `${Math.max(8, Math.min(x + 12, innerWidth - width - 8))}px`;
      tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
    }
    function showBeside(summary) {
      const box = summary.querySelector(".track").getBoundingClientRect();
      show(summary, box.left, box.top, -1);
    }
    for (const fall of document.querySelectorAll(".waterfall")) {
      fall.addEventListener("pointermove", (event) => {
        const summary = event.pointerType === "touch" ? null : event.target.closest("summary");
        if (!summary || !event.target.closest(".track")) return hide();
        const part = event.target.closest(".bar i");
        show(summary, event.clientX, event.clientY, part ? [...part.parentElement.children].indexOf(part) : -1);
      });
      fall.addEventListener("pointerleave", hide);
      fall.addEventListener("focusin", (event) => {
        if (!event.target.matches("summary:focus-visible") || event.target.parentElement.open) return hide();
        showBeside(event.target);
      });
      fall.addEventListener("focusout", hide);
      fall.addEventListener("click", hide);
    }
    // a bar that gets the focus scrolls into view: what is said of it goes along
    addEventListener("scroll", () => {
      if (owner && owner === document.activeElement && owner.matches(":focus-visible")) showBeside(owner);
      else hide();
    }, { passive: true });
    addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  }

  // --- filters to the clipboard
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
  function copying() {
    for (const button of document.querySelectorAll("[data-copy]")) {
      const label = button.firstChild;
      button.addEventListener("click", async () => {
        await copied(button.parentElement.querySelector("code").textContent);
        label.data = "Copied";
        setTimeout(() => { label.data = "Copy"; }, 1500);
      });
    }
  }

  // --- which section one reads
  function reading() {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -75% 0px" });
    document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
  }

  addEventListener("DOMContentLoaded", () => {
    theme(); graphs(); axes(); tips(); copying(); reading();
    // paper is light, and nobody can open anything there
    addEventListener("beforeprint", () => {
      for (const advice of document.querySelectorAll(".more details")) advice.open = true;
      for (const place of document.querySelectorAll(".graph")) if (place.checkVisibility()) draw(place);
      repaintAll(false);
    });
    addEventListener("afterprint", () => repaintAll(isDark()));
  });
})();
