"use strict";
(() => {
  const WORDS = {
    pass: "kept", fail: "broken", warn: "advice not followed", error: "stopped by an error of the suite",
    "could-not-run": "could not be judged", waived: "waived", "not-claimed": "not claimed",
  };
  const SIGNS = { pass: "✓", fail: "✗", warn: "!", error: "⚠", "could-not-run": "?", waived: "~", "not-claimed": "○" };
  const BATCH = 100;
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // What a provider sent gets into the page as text only, and nothing in it hides.
  const seen = (text) => String(text).replace(UNSEEN, (c) => {
    const code = c.codePointAt(0);
    return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });
  const make = (name, properties = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const badge = (outcome) => {
    const sign = make("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome] ?? "·");
    return make("span", { class: `badge ${outcome}` }, sign, ` ${WORDS[outcome] ?? outcome}`);
  };

  // Evidence: each chunk is inflated when somebody opens what it holds.
  const inflated = new Map();
  const inflate = async (number) => {
    const packed = Uint8Array.from(atob(byId(`chunk-${number}`).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };
  const chunk = (number) => {
    if (!inflated.has(number)) inflated.set(number, inflate(number));
    return inflated.get(number);
  };
  const resultsOf = async (row) => {
    const [first, last] = row.dataset.chunks.split("-").map(Number);
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return (await Promise.all(numbers.map(chunk))).flat().filter((result) => result.requirement === row.id);
  };

  const copy = async (button, text) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = done ? "Copied" : "Not copied";
    say(done ? "Copied" : "The line could not be copied");
    setTimeout(() => {
      button.textContent = "Copy";
      apply();
    }, 2000);
  };
  const copyButton = (text, label) => {
    const button = make("button", { type: "button", "aria-label": label }, "Copy");
    button.addEventListener("click", () => copy(button, text));
    return button;
  };
  // A JSON body is laid out: white space between its tokens changes, and nothing else.
  const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
  const laidOut = (text) => {
    const at = text.indexOf("\n\n") + 2;
    const body = at > 1 ? text.slice(at) : "";
    try {
      if (typeof JSON.parse(body) !== "object") return text;
    } catch {
      return text;
    }
    const opens = (token) => token === "{" || token === "[";
    const closes = (token) => token === "}" || token === "]";
    let depth = 0, before = "", out = "";
    for (const [token] of body.matchAll(TOKENS)) {
      if (closes(token)) depth -= 1;
      const empty = opens(before) && closes(token);
      const breaks = opens(before) || before === "," || closes(token);
      if (breaks && !empty) out += `\n${"  ".repeat(depth)}`;
      out += token === ":" ? ": " : token;
      if (opens(token)) depth += 1;
      before = token;
    }
    return text.slice(0, at) + out;
  };
  const said = (label, text) => make("pre", { tabindex: "0", role: "group", "aria-label": label }, seen(text));

  const evidence = (result) => {
    const { exchange } = result;
    const title = `${exchange.where} as ${exchange.client}, ${exchange.milliseconds} ms`;
    const details = make("details", { class: "exchange" }, make("summary", {}, seen(title)));
    details.addEventListener("toggle", () => {
      if (details.children.length > 1) return;
      details.append("The request", said("The request", laidOut(exchange.request)));
      details.append("The answer", said("The answer", laidOut(exchange.answer)));
      if (exchange.curl !== undefined) {
        const label = `Copy the line that repeats ${result.requirement}`;
        const again = make("div", { class: "again" }, said("See it again", exchange.curl), copyButton(exchange.curl, label));
        details.append("See it again", again);
      }
    });
    return details;
  };
  const item = (result) => {
    const head = [badge(result.outcome), " ", make("code", {}, result.check)];
    if (result.resource) head.push(` on ${result.resource}`);
    if (result.assertions) head.push(`, ${result.assertions} assertion${result.assertions === 1 ? "" : "s"}`);
    if (!result.scored) head.push(", not scored");
    const entry = make("li", {}, ...head);
    const facts = make("dl");
    const fact = (label, text) => {
      if (text) facts.append(make("dt", {}, label), make("dd", {}, seen(text)));
    };
    fact("Place", result.pointer);
    if (result.outcome !== "pass") {
      fact("Expected", result.expected);
      fact("Got", result.got);
    }
    fact("Blocked by", result.blocked_by);
    fact("Note", result.reason);
    fact("More", result.more && `${result.more} more like it`);
    if (result.waiver) {
      const { reason, owner, ticket, expires } = result.waiver;
      fact(result.outcome === "waived" ? "Waived" : "Waiver", `${reason} (${owner}, ${ticket}, until ${expires})`);
    }
    if (facts.children.length) entry.append(facts);
    if (result.exchange) entry.append(evidence(result));
    return entry;
  };
  const fill = (list, results) => {
    list.append(...results.slice(0, BATCH).map(item));
    const rest = results.slice(BATCH);
    if (!rest.length) return;
    const more = make("button", { type: "button" }, `Show ${Math.min(BATCH, rest.length)} more of ${rest.length}`);
    const holder = make("li", {}, more);
    more.addEventListener("click", () => {
      const next = list.children.length - 1;
      holder.remove();
      fill(list, rest);
      list.children[next].querySelector("summary, button")?.focus();
    });
    list.append(holder);
  };
  const show = async (details) => {
    if (!details.open || details.dataset.filled) return;
    details.dataset.filled = "yes";
    const row = details.closest("tr");
    if (row.dataset.chunks === undefined) return;
    try {
      const results = await resultsOf(row);
      const list = make("ul");
      fill(list, results);
      details.querySelector("ul").replaceWith(list);
    } catch (error) {
      const text = `The evidence cannot be inflated here (${error}). A browser of 2023 or later can; report.json has it too.`;
      details.append(make("p", { class: "note", role: "alert" }, text));
    }
  };

  // The filter: a row stays if it fits the search, the class, and on the resource one of the outcomes.
  const rows = all("#table tbody tr").map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    on: element.dataset.on ? element.dataset.on.split(" ").map((pair) => pair.split(":")) : [],
  }));
  const search = byId("search"), classes = byId("class"), resources = byId("resource");
  const buttons = all("button[data-outcome]");
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const say = (text) => { byId("shown").textContent = text; };
  const outcomesOf = (row) => {
    if (!resources.value) return [row.element.dataset.outcome];
    return row.on.filter(([resource]) => resource === resources.value).map(([, outcome]) => outcome);
  };
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(buttons.filter(pressed).map((b) => b.dataset.outcome));
    const counted = new Map();
    let shown = 0;
    for (const row of rows) {
      const outcomes = outcomesOf(row);
      const fits = outcomes.length > 0
        && (!classes.value || row.element.dataset.class === classes.value)
        && words.every((word) => row.text.includes(word));
      if (fits) for (const outcome of outcomes) counted.set(outcome, (counted.get(outcome) ?? 0) + 1);
      const stays = fits && (!wanted.size || outcomes.some((outcome) => wanted.has(outcome)));
      if (row.element.hidden === stays) row.element.hidden = !stays;
      shown += stays;
    }
    for (const button of buttons) button.querySelector(".number").textContent = counted.get(button.dataset.outcome) ?? 0;
    byId("none").hidden = shown > 0;
    byId("reset").hidden = shown === rows.length && !wanted.size && !words.length && !classes.value && !resources.value;
    say(`${shown} of ${rows.length} requirements shown`);
  };
  const reset = () => {
    search.value = classes.value = resources.value = "";
    for (const button of buttons) button.setAttribute("aria-pressed", "false");
    apply();
  };

  // Deep links: #CORE-041 shows the requirement, whatever the filter says.
  const aim = () => {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch { /* no anchor of ours */ }
    const row = rows.find(({ element }) => element.id === id)?.element;
    for (const other of all("tr.aimed")) other.classList.remove("aimed");
    if (!row) return;
    if (row.hidden) reset();
    row.classList.add("aimed");
    const details = row.querySelector("details");
    if (details) details.open = true;
    row.querySelector("th a").focus({ preventScroll: true });
    // Rows out of sight have a guessed height: look again when those above have been laid out.
    const scroll = (times) => {
      row.scrollIntoView({ block: "start" });
      if (times) requestAnimationFrame(() => scroll(times - 1));
    };
    scroll(3);
  };

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const details of opened) {
      details.dataset.printed = "yes";
      details.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });
  addEventListener("hashchange", aim);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) aim();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && !byId("reset").hidden) {
      event.preventDefault();
      reset();
    }
  });
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("input", apply);
  byId("reset").addEventListener("click", () => { reset(); search.focus(); });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!pressed(button)));
      apply();
    });
  }
  for (const button of all("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button, byId(button.dataset.copy).textContent));
  }
  // Printing opens everything for a moment: that alone is no reason to inflate all evidence.
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (details.matches(".answer")) {
      const answer = details.querySelector("pre");
      answer.textContent = laidOut(answer.textContent);
    }
    if (details.dataset.printed) delete details.dataset.printed;
    else if (details.matches(".results")) show(details);
  }, true);
  byId("plain").hidden = true;
  byId("filter").hidden = false;
  apply();
  aim();
  // The browser follows the anchor by itself when it has loaded, and takes the focus away.
  addEventListener("load", () => setTimeout(aim));
  document.documentElement.dataset.ready = "yes";
})();
