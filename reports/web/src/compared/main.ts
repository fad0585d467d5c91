// The page of a comparison: contenders beside each other, or the survival matrix.

import "../page/style.css";
import "./style.css";
import { comparison } from "./comparison";
import type { Data } from "./format";
import { matrix } from "./matrix/matrix";
import { load } from "../page/load";
import { start } from "../page/start";
import { mountTip } from "../page/tip";

start("comparison", async () => {
  const data = await load<Data>("compared", "comparison", ["splitbrain.compared/1", "splitbrain.matrix/1"]);
  mountTip();
  if (data.schema === "splitbrain.matrix/1") matrix(data);
  else comparison(data);
  return {};
});
