"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // The timeline: zoom, and where in it a moment is.
  const card = one(".timeline");
  const scroller = one(".scroller");
  const canvas = one(".canvas");
  const drawing = one(".drawing");
  const playhead = one("#playhead");
  const wide = 40000; // pixels: more than a browser draws well
  let zoom = 1;

  const width = () => drawing.getBoundingClientRect().width;
  const placeOf = (seconds) => (seconds / Number(card.dataset.seconds)) * width();

  function zoomTo(wanted) {
    const middle = (scroller.scrollLeft + scroller.clientWidth / 2) / width();
    const kept = audio && !audio.paused ? audio.currentTime / Number(card.dataset.seconds) : middle;
    zoom = Math.min(Math.max(wanted, 1), 64, Math.max(1, wide / scroller.clientWidth));
    canvas.style.width = `${zoom * 100}%`;
    scroller.scrollLeft = kept * width() - scroller.clientWidth / 2;
    scroller.tabIndex = zoom > 1 ? 0 : -1;
  }

  function bringIntoView(seconds) {
    const x = placeOf(seconds) - scroller.scrollLeft;
    if (x < 0 || x > scroller.clientWidth * 0.9) {
      scroller.scrollLeft += x - scroller.clientWidth * 0.1;
    }
  }

  const player = one(".player");
  const audio = one("#audio");

  if (card) {
    one(".zoom").hidden = false;
    for (const button of all("[data-zoom]")) {
      button.addEventListener("click", () => zoomTo(zoom * Number(button.dataset.zoom)));
    }
    playhead.toggleAttribute("hidden", !player);
  }
  if (!player) return;

  // The player.
  const seconds = Number(player.dataset.seconds);
  const play = one("#play");
  const seek = one("#seek");
  const now = one("#now");
  const lines = one("#lines");
  const follow = one("#follow");
  const timed = all("#lines li[data-from]").map((item) => ({ item, from: Number(item.dataset.from) }));
  timed.sort((a, b) => a.from - b.from);
  const length = clock(seconds);
  let current = null;
  let dragging = false;

  function clock(at) {
    const whole = Math.floor(at);
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  }

  function goTo(at, andPlay) {
    audio.currentTime = Math.min(Math.max(at, 0), Math.max(0, seconds - 0.05));
    show();
    if (andPlay) start();
  }

  function start() {
    audio.play().catch((error) => {
      if (error.name !== "AbortError") cannotPlay();
    });
  }

  function show() {
    const at = Math.min(audio.currentTime, seconds);
    now.textContent = clock(at);
    if (card) {
      const x = `${(100 * at) / Number(card.dataset.seconds)}%`;
      playhead.setAttribute("x1", x);
      playhead.setAttribute("x2", x);
      if (!audio.paused && !dragging && zoom > 1) bringIntoView(at);
    }
    if (document.activeElement !== seek || audio.paused) {
      seek.value = at;
      seek.setAttribute("aria-valuetext", `${clock(at)} of ${length}`);
    }
    mark(at);
  }

  function mark(at) {
    let line = null;
    for (const { item, from } of timed) {
      if (from > at + 0.05) break;
      line = item;
    }
    if (at === 0 && audio.paused) line = null;
    if (line === current) return;
    current?.removeAttribute("aria-current");
    current = line;
    current?.setAttribute("aria-current", "true");
    if (current && follow.checked) {
      lines.scrollTop = current.offsetTop - (lines.clientHeight - current.offsetHeight) / 3;
    }
  }

  function frame() {
    show();
    if (!audio.paused) requestAnimationFrame(frame);
  }

  function cannotPlay() {
    one("#silent").textContent =
      "This browser cannot play the recording, which is Ogg/Opus (Safari plays it from version 18.4 on). " +
      "Everything else on the page is complete; Firefox, Chrome and Edge play it.";
    one("#silent").hidden = false;
    one(".controls").hidden = true;
  }

  // Which sides are heard: the graph is built when it is first asked for.
  let gains = null;

  function hear(which) {
    if (!gains && which === "apart") return;
    gains ??= graph();
    const routes = { apart: [1, 0, 0, 1], mixed: [0.7, 0.7, 0.7, 0.7], callee: [1, 1, 0, 0], agent: [0, 0, 1, 1] }[which];
    gains.forEach((gain, index) => (gain.gain.value = routes[index]));
  }

  function graph() {
    const context = new AudioContext();
    const split = context.createChannelSplitter(2);
    const merge = context.createChannelMerger(2);
    context.createMediaElementSource(audio).connect(split);
    audio.addEventListener("play", () => context.resume());
    context.resume();
    merge.connect(context.destination);
    return [[0, 0], [0, 1], [1, 0], [1, 1]].map(([from, to]) => {
      const gain = context.createGain();
      split.connect(gain, from);
      gain.connect(merge, 0, to);
      return gain;
    });
  }

  // Everything is in place: take over from the browser's own controls.
  audio.controls = false;
  audio.hidden = true;
  one(".controls").hidden = false;
  document.body.classList.add("playable");
  card?.classList.add("playable");
  if (follow) one("#following").hidden = false;

  play.addEventListener("click", () => (audio.paused ? start() : audio.pause()));
  for (const button of all("[data-skip]")) {
    button.addEventListener("click", () => goTo(audio.currentTime + Number(button.dataset.skip), false));
  }
  seek.addEventListener("input", () => {
    audio.currentTime = Number(seek.value);
    seek.setAttribute("aria-valuetext", `${clock(Number(seek.value))} of ${length}`);
    show();
  });
  one("#speed").addEventListener("change", (event) => (audio.playbackRate = Number(event.target.value)));
  one("#sides").addEventListener("change", (event) => hear(event.target.value));
  for (const button of all("[data-seek]")) {
    button.addEventListener("click", () => goTo(Number(button.dataset.seek), true));
  }

  const playing = () => {
    play.classList.toggle("playing", !audio.paused);
    play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    lines?.classList.toggle("following", !audio.paused);
    requestAnimationFrame(frame);
  };
  audio.addEventListener("play", playing);
  audio.addEventListener("pause", playing);
  audio.addEventListener("ended", playing);
  audio.addEventListener("seeked", show);
  audio.addEventListener("error", cannotPlay);
  if (audio.error || audio.canPlayType('audio/ogg; codecs="opus"') === "") cannotPlay();

  // A line is played from its start by a click anywhere on it; the arrow keys move between the lines' buttons.
  lines?.addEventListener("click", (event) => {
    const item = event.target.closest("li[data-from]");
    if (!item || event.target.closest("button, details, a") || String(getSelection())) return;
    if (Number(item.dataset.from) >= 0) goTo(Number(item.dataset.from), true);
  });
  lines?.addEventListener("keydown", (event) => {
    const buttons = all("#lines button.at");
    const place = buttons.indexOf(event.target);
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (place < 0 || !buttons[next]) return;
    event.preventDefault();
    buttons[place].tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  });
  all("#lines button.at").forEach((button, index) => (button.tabIndex = index ? -1 : 0));
  for (const gesture of ["wheel", "touchmove"]) {
    lines?.addEventListener(gesture, () => !audio.paused && (follow.checked = false), { passive: true });
  }

  // The timeline is a picture to click on; by keyboard the slider and the lists do the same.
  const pointed = (event) => {
    const box = drawing.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * Number(card.dataset.seconds);
  };
  drawing?.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    dragging = true;
    drawing.setPointerCapture(event.pointerId);
    goTo(pointed(event), false);
  });
  drawing?.addEventListener("pointermove", (event) => dragging && goTo(pointed(event), false));
  for (const end of ["pointerup", "pointercancel"]) drawing?.addEventListener(end, () => (dragging = false));
  drawing?.addEventListener("click", (event) => event.pointerType === "touch" && goTo(pointed(event), false));
  show();
})();
