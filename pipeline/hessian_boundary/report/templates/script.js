// comforts only: the page is complete without them
addEventListener("keydown", (event) => {
  const frame = document.querySelector(".frame:target");
  if (event.key === "Escape" && frame) frame.querySelector(".close").click();
});

// the section being read is marked in the contents
const links = new Map(
  [...document.querySelectorAll(".contents > ol > li > a")].map((link) => [link.hash.slice(1), link]),
);
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
