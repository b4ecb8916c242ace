// comforts only: the page is complete without them
const page = (selector) => [...document.querySelectorAll(selector)];

// figures at full size: Escape closes, the arrows turn to the next
addEventListener("keydown", (event) => {
  const frame = document.querySelector(".frame:target");
  const wanted = { Escape: ".close", ArrowLeft: ".before", ArrowRight: ".after" }[event.key];
  const link = frame && wanted && frame.querySelector(wanted);
  if (link) {
    event.preventDefault(); // or it scrolls, too
    link.click();
  }
});

// claims: which are listed, and all open or closed at once
const filters = document.getElementById("filters"), claims = page(".claim");
function filter() {
  const { verdict, caveat, part } = Object.fromEntries(new FormData(filters));
  for (const claim of claims) {
    const data = claim.dataset;
    claim.hidden = (verdict && data.verdict !== verdict) || (caveat && data.caveat !== caveat)
      || (part && !data.part.split("|").includes(part));
  }
  const shown = claims.filter((claim) => !claim.hidden).length;
  filters.querySelector("output").textContent = `${shown} of ${claims.length} claims`;
}
/** Open the claim that a link leads to, and list it if it is not. */
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target || !target.matches(".claim")) return;
  if (target.hidden) {
    filters.reset();
    filter();
  }
  target.open = true;
  target.scrollIntoView();
}
if (filters) {
  filters.hidden = false;
  filters.addEventListener("change", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("click", ({ target }) => {
    if (target.matches("button")) for (const claim of claims) claim.open = target.value === "open";
  });
  addEventListener("hashchange", reveal);
  filter();
  reveal();
}
addEventListener("beforeprint", () => page("details").forEach((part) => { part.open = true; }));

// the section being read is marked in the contents
const links = new Map(page(".contents > ol > li > a").map((link) => [link.hash.slice(1), link]));
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) links.get(target.id).setAttribute("aria-current", "true");
      else links.get(target.id).removeAttribute("aria-current");
    }
  },
  { rootMargin: "-30% 0px -70% 0px" }, // a line at 30 % of the window: one section crosses it
);
for (const id of links.keys()) observer.observe(document.getElementById(id));
