// The map: a picture under the pointer, or with the focus, is shown large, and its kind is lit on both maps.
// Arrow keys walk from dot to dot; Escape puts the large picture away. Without this script the maps still stand.
(() => {
  const maps = [...document.querySelectorAll(".map svg")];
  const peek = document.querySelector(".peek");
  if (!maps.length || !peek) return;
  const [image, label, told] = [peek.querySelector("img"), peek.querySelector("b"), peek.querySelector("span")];
  const dots = maps.flatMap(map => [...map.querySelectorAll(".dot")]);
  const dotOf = event => event.target.closest && event.target.closest(".dot");

  function light(dot) {
    for (const other of dots) {
      other.classList.toggle("kin", !!dot && other.dataset.kind === dot.dataset.kind);
      other.classList.toggle("self", !!dot && other.dataset.point === dot.dataset.point);
    }
    for (const map of maps) map.classList.toggle("lit", !!dot);
  }

  function show(dot) {
    const thumbnail = document.getElementById("p" + dot.dataset.point);
    image.hidden = !thumbnail;
    if (thumbnail) image.src = thumbnail.getAttribute("href");
    image.alt = label.textContent = dot.dataset.label;
    told.textContent = dot.dataset.told;
    peek.hidden = false;
    const place = dot.getBoundingClientRect(), size = peek.getBoundingClientRect();
    const above = place.top - size.height - 10;
    const left = place.left + place.width / 2 - size.width / 2;
    peek.style.left = Math.max(8, Math.min(left, document.documentElement.clientWidth - size.width - 8)) + "px";
    peek.style.top = (above > 8 ? above : place.bottom + 10) + "px";
    light(dot);
  }

  function hide() {
    peek.hidden = true;
    light(null);
  }

  // The nearest dot within 45 degrees of the arrow's direction.
  function next(dot, [right, down]) {
    const from = dot.getBoundingClientRect();
    let best = null, least = Infinity;
    for (const other of dot.ownerSVGElement.querySelectorAll(".dot")) {
      const to = other.getBoundingClientRect();
      const [x, y] = [to.left - from.left, to.top - from.top];
      const ahead = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
      if (other !== dot && ahead > 0 && aside <= ahead && ahead + aside < least) [best, least] = [other, ahead + aside];
    }
    return best;
  }

  const arrows = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  for (const map of maps) {
    map.addEventListener("pointerover", event => dotOf(event) && show(dotOf(event)));
    map.addEventListener("pointerleave", hide);
    map.addEventListener("focusin", event => dotOf(event) && show(dotOf(event)));
    map.addEventListener("focusout", hide);
    map.addEventListener("keydown", event => {
      const dot = dotOf(event);
      if (event.key === "Escape") hide();
      if (!dot || !arrows[event.key]) return;
      event.preventDefault();
      const neighbour = next(dot, arrows[event.key]);
      if (!neighbour) return;
      dot.setAttribute("tabindex", "-1");
      neighbour.setAttribute("tabindex", "0");
      neighbour.focus();
    });
  }
  addEventListener("scroll", () => {
    const focused = document.querySelector(".dot:focus");
    if (focused && !peek.hidden) show(focused);
    else hide();
  }, { passive: true });
})();
