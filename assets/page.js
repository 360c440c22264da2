// What all pages have in common: htmx, signing in and out, and charts and tables in one place.
import htmx from "htmx.org";

window.htmx = htmx; // htmx asks for itself by this name.

const say = (text, cls) => {
  const place = document.getElementById("notice");
  place.setAttribute("role", "alert");
  const told = document.createElement("p");
  told.className = `notice ${cls}`;
  told.textContent = text;
  place.replaceChildren(told);
};

// ---- signing in and out --------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-sign-in]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.signIn, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key: form.elements.key.value.trim() }),
    });
    if (answer.ok) {
      location.assign(form.dataset.then);
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    say(answer.status === 401 || answer.status === 422 ? "This key opens nothing." : problem.detail || "That did not work.", "bad");
  } catch {
    say("The server cannot be reached.", "bad");
  }
  button.disabled = false;
  form.elements.key.focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-sign-out]");
  if (!button) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
  await fetch(button.dataset.signOut, { method: "DELETE", headers }).catch(() => undefined);
  location.assign(button.dataset.then);
});

// ---- after a form --------------------------------------------------------------------------------------------------

// A form's answer is a page of its own, to which the server led on: the address and the title follow.
document.addEventListener("htmx:afterSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  if (!xhr || requestConfig.verb === "get" || target.id !== "main") return;
  const url = new URL(xhr.responseURL);
  url.searchParams.delete("notice");
  history.replaceState(history.state, "", url);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.verb === "get") return;
  // What is wrong is read out where it is to be mended.
  const wrong = document.querySelector("#main [aria-invalid]");
  if (wrong) wrong.focus();
  else document.getElementById("main")?.focus({ preventScroll: true });
});

// A panel that did not come says so in its place; the notice above says why.
const gaveUp = (event) => {
  const panel = event.detail.elt.closest("[aria-busy]");
  if (!panel) return;
  panel.removeAttribute("aria-busy");
  panel.querySelector("p")?.append(" did not come. Load the page again to try once more.");
};
document.addEventListener("htmx:responseError", gaveUp);
document.addEventListener("htmx:sendError", gaveUp);
document.addEventListener("htmx:sendError", () => say("The server cannot be reached.", "bad"));

// A notice that a reload would show again is not told twice.
{
  const url = new URL(location.href);
  if (url.searchParams.has("notice")) {
    url.searchParams.delete("notice");
    history.replaceState(history.state, "", url);
  }
}

// ---- evidence: a link into the timeline shows where it led ----------------------------------------------------------

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#event-"]');
  const entry = link && document.getElementById(link.getAttribute("href").slice(1));
  if (entry) entry.focus({ preventScroll: false });
});
