
const search = document.getElementById("search");
const found = () => [...document.querySelectorAll("details.body:not(.gone)")];
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of document.querySelectorAll("[data-find]")) {
    const text = item.dataset.find + (item.matches("details") && words.length ? " " + item.textContent.toLowerCase() : "");
    const hit = words.every((word) => text.includes(word));
    item.classList.toggle(item.matches("details") ? "gone" : "off", !hit);
  }
  document.getElementById("count").textContent = words.length ? found().length + (found().length === 1 ? " body" : " bodies") : "";
});
function show() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details")) { target.classList.remove("gone"); target.open = true; target.scrollIntoView(); target.querySelector("summary").focus({ preventScroll: true }); }
}
addEventListener("hashchange", show);
addEventListener("keydown", (event) => {
  if (event.target === search) { if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); search.blur(); }
    const first = event.key === "Enter" && search.value && found()[0];
    if (first) { search.blur(); if (location.hash === "#" + first.id) show(); else location.hash = first.id; } return; }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); search.focus(); }
  const step = { n: 1, p: -1 }[event.key];
  if (step) {
    const all = found(), at = all.findIndex((item) => "#" + item.id === decodeURIComponent(location.hash));
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    if (next) location.hash = next.id;
  }
});
show();
