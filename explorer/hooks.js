import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { onKeyNeeded } from "./api.js";
import { queryOf, stateFrom } from "./url-state.js";

/** Below this width the lists stand one under the other, the result first. */
const narrow = matchMedia("(max-width: 899px)");

export function useNarrow() {
  const [isNarrow, setIsNarrow] = useState(narrow.matches);
  useEffect(() => {
    const hear = () => setIsNarrow(narrow.matches);
    narrow.addEventListener("change", hear);
    return () => narrow.removeEventListener("change", hear);
  }, []);
  return isNarrow;
}

/** Whether requests wait for the key of the server. */
export function useKeyNeeded() {
  const [isNeeded, setIsNeeded] = useState(false);
  // Before the first request.
  useLayoutEffect(() => onKeyNeeded(setIsNeeded), []);
  return isNeeded;
}

/** What the address says, and a function that changes both. */
export function usePage() {
  const [page, show] = useState(() => stateFrom(location.search));
  // A second change may come before the page shows the first one.
  const latest = useRef(page);
  /** @param {import("./url-state.js").PageState} next */
  const setPage = (next) => {
    latest.current = next;
    show(next);
  };
  useEffect(() => {
    const hear = () => setPage(stateFrom(location.search));
    addEventListener("popstate", hear);
    return () => removeEventListener("popstate", hear);
  }, []);
  /**
   * @param {Partial<import("./url-state.js").PageState>} change settings are added to the current ones
   * @param {"push" | "replace"} how whether the back button returns to the state before
   */
  const go = (change, how) => {
    const settings = { ...latest.current.settings, ...change.settings };
    const next = { ...latest.current, ...change, settings };
    const address = queryOf(next);
    if (how === "push" && address !== queryOf(latest.current)) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    setPage(next);
  };
  return /** @type {const} */ ([page, go]);
}
