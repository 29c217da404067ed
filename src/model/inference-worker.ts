import { serveTasks } from "./serve-tasks.ts";
import { loadSession } from "./session.ts";

serveTasks(loadSession);
