// Takes in what the agent says has changed, keeps ages right, and says when nothing comes any more.
"use strict";
(() => {
  const silence = 7000; // the agent speaks every two seconds
  const standstill = 30000; // it judges after every look, and looks at something every few seconds
  const retry = 2000; // after a stream that the agent refused; a browser tries the others again by itself

  const byId = (id) => document.getElementById(id);
  const body = document.body.dataset;
  let heard = performance.now(); // when the last message came
  let server = Date.parse(body.now); // what the agent's clock said then
  let judged = Date.parse(body.at); // when it had last judged

  // now is the agent's clock: the reader's may be anything.
  const now = () => server + (performance.now() - heard);

  // lasting writes milliseconds as plimsoll does: two units at the most.
  function lasting(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}m`;
    if (s < 86400) return `${Math.floor(s / 3600)}h` + (s % 3600 < 60 ? "" : `${Math.floor((s % 3600) / 60)}m`);
    return `${Math.floor(s / 86400)}d`;
  }

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    for (const t of document.querySelectorAll("time[data-age]")) put(t, lasting(now() - Date.parse(t.dateTime)));
    for (const t of document.querySelectorAll("time[data-until]")) put(t, lasting(Date.parse(t.dateTime) - now()));
    const silent = performance.now() - heard;
    const still = now() - judged;
    let why = "";
    if (silent > silence) why = `The ${body.who} has said nothing for ${lasting(silent)}. `;
    else if (still > standstill) why = `The ${body.who} has judged nothing for ${lasting(still)}. `;
    const stale = byId("stale");
    if (why !== "") {
      put(stale, `${why}What stands here is how it was at ${new Date(judged).toISOString().replace(/\.\d+/, "")}.`);
      put(byId("fresh-text"), "Not live.");
    } else {
      put(byId("fresh-text"), `Live, judged ${lasting(still)} ago.`);
    }
    stale.hidden = why === "";
    document.body.classList.toggle("old", why !== "");
  }

  // replace puts html where the block with this id is, and leaves open what is open and the focus where it is.
  function replace(id, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    const old = byId(id);
    if (old === null) {
      byId("list").append(fresh);
      return;
    }
    const open = [...old.querySelectorAll("details")].map((d) => d.open);
    [...fresh.querySelectorAll("details")].forEach((d, i) => { d.open = open[i] === true; });
    const reachable = "summary, [tabindex]";
    const focused = [...old.querySelectorAll(reachable)].indexOf(document.activeElement);
    old.replaceWith(fresh);
    if (focused >= 0) fresh.querySelectorAll(reachable)[focused]?.focus({ preventScroll: true });
  }

  // arrange has the groups in this order and no others. Those that stand right are not touched.
  function arrange(order) {
    const list = byId("list");
    for (const block of [...list.children]) if (!order.includes(block.id)) block.remove();
    order.forEach((id, i) => {
      if (list.children[i]?.id !== id) list.insertBefore(byId(id), list.children[i] ?? null);
    });
  }

  function take(message) {
    if (message.version !== body.version) {
      location.reload();
      return;
    }
    heard = performance.now();
    server = Date.parse(message.now);
    judged = Date.parse(message.at);
    if (message.title) document.title = message.title;
    for (const [id, html] of Object.entries(message.set ?? {})) replace(id, html);
    if (message.groups) arrange(message.groups);
    if (message.said) byId("said").textContent = message.said.join(". ");
    tick();
  }

  function listen() {
    const stream = new EventSource(body.live);
    stream.onmessage = (e) => take(JSON.parse(e.data));
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, retry);
    };
  }

  listen();
  setInterval(tick, 1000);
})();
