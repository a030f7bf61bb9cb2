// The only script of the pages. Everything but refreshing, deciding and Airflow's links works without it.
"use strict";

// Airflow shows the pages in a frame that may not navigate its surroundings: a link of Airflow's own page does it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-airflow]");
  if (!link || window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const outer = window.parent.document.createElement("a");
  outer.href = link.href;
  window.parent.document.body.append(outer);
  outer.click();
  outer.remove();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});

// A form with data-post is sent as JSON: its fields by name; the answer's `next` is opened, its `detail` shown.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-post]")) return;
  event.preventDefault();
  const button = event.submitter;
  const fields = new FormData(form, button);
  const alert = form.querySelector("[role=alert]");
  if (button) button.disabled = true;
  try {
    const answer = await fetch(button?.getAttribute("formaction") || form.getAttribute("action"), {
      method: "POST",
      headers: {"Content-Type": "application/json", "Accept": "application/json"},
      body: JSON.stringify(Object.fromEntries(fields)),
    });
    const said = await answer.json();
    if (answer.ok) {
      location.assign(said.next || location.href);
      return;
    }
    if (alert) alert.textContent = typeof said.detail === "string" ? said.detail : answer.status;
  } catch (error) {
    if (alert) alert.textContent = String(error);
  }
  if (button) button.disabled = false;
});

// What has data-refresh (seconds) is fetched anew, unless nobody looks at it or somebody works in it.
const live = document.querySelector("[data-refresh]");
if (live) {
  setInterval(async () => {
    if (document.hidden || live.contains(document.activeElement) || document.getSelection().toString()) return;
    try {
      const answer = await fetch(location.href, {headers: {"Accept": "text/html"}});
      if (answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-refresh]");
      if (fresh) live.replaceChildren(...fresh.childNodes);
      live.removeAttribute("data-stale");
    } catch {
      live.setAttribute("data-stale", "");
    }
  }, 1000 * Number(live.dataset.refresh));
}
