import { useEffect, useRef, useState } from "preact/hooks";
import { askJudgements, RequestFailure, sendJudgement } from "./api.js";
import { keepJudgement, keptJudgements, withJudgement } from "./judgements.js";
/** @import { Grade, Info, Judgement } from "./types.js" */

/**
 * @param {readonly Judgement[]} judgements
 * @param {Pick<Judgement, "question" | "id">} judged
 * @returns {Grade | undefined}
 */
function gradeIn(judgements, { question, id }) {
  return judgements.find((each) => each.question === question && each.id === id)?.grade;
}

/** The judgements that the server saves, or else those that the browser keeps. */
export function useJudgements() {
  const [judgements, show] = useState(/** @type {readonly Judgement[]} */ ([]));
  const [problem, setProblem] = useState(/** @type {string | undefined} */ (undefined));
  // A key may be pressed before the page shows the judgement before it.
  const latest = useRef(judgements);
  const saved = useRef(judgements);
  const isServers = useRef(true);
  const storeId = useRef(/** @type {string | undefined} */ (undefined));
  /** @param {readonly Judgement[]} next */
  const set = (next) => {
    latest.current = next;
    show(next);
  };

  useEffect(() => {
    const hearOtherTabs = () => isServers.current || set(keptJudgements(storeId.current));
    addEventListener("storage", hearOtherTabs);
    return () => removeEventListener("storage", hearOtherTabs);
  }, []);

  /** @param {Info} info */
  const load = async (info) => {
    isServers.current = info.savesJudgements;
    storeId.current = info.storeId;
    if (isServers.current) await read();
    else set(keptJudgements(storeId.current));
  };

  /** Asks the server for its judgements. @returns {Promise<string | undefined>} why it cannot read them */
  const read = async () => {
    const answer = await askJudgements();
    saved.current = answer.judgements;
    set(saved.current);
    setProblem(answer.problem);
    return answer.problem;
  };

  /** @param {Judgement} judgement */
  const judge = async (judgement) => {
    if (!isServers.current) return set(keepJudgement(storeId.current, judgement));
    // The file may have been corrected meanwhile.
    const unread = problem === undefined ? undefined : await read();
    if (unread !== undefined) throw new RequestFailure(400, unread);
    const { question, id, grade } = judgement;
    set(withJudgement(latest.current, judgement));
    try {
      await sendJudgement({ question, id, grade: grade ?? null });
      saved.current = withJudgement(saved.current, judgement);
    } catch (error) {
      // What is shown as judged is what is saved, unless a later judgement of the passage is on its way.
      if (gradeIn(latest.current, judgement) === grade) {
        set(
          withJudgement(latest.current, { question, id, grade: gradeIn(saved.current, judgement) }),
        );
      }
      throw error;
    }
  };

  /** @param {Pick<Judgement, "question" | "id">} judged */
  const latestGrade = (judged) => gradeIn(latest.current, judged);
  /** @param {Pick<Judgement, "question" | "id">} judged */
  const shownGrade = (judged) => gradeIn(judgements, judged);
  return { judgements, problem, load, read, judge, latestGrade, shownGrade };
}
