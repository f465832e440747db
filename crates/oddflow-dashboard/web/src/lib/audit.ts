// What people did, in words: the server names actions shortly, and may know more of them than the page.

const ACTIONS: Record<string, string> = {
  "incident.note": "Note",
  "incident.verdict": "Verdict",
  "model.activate": "Model activated",
  "model.rollback": "Rolled back",
  "session.close": "Signed out",
  "session.open": "Signed in",
  "session.refused": "Wrong token",
  "suppression.add": "Rule made",
  "suppression.remove": "Rule removed",
  "token.new": "Token made",
};

/** An action in words. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? action;
}
