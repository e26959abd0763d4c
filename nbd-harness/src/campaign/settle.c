// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/settle.h"

void settle_count(struct counts *counts, enum verdict verdict)
{
	if (verdict == VERDICT_PASS)
		counts->passed++;
	else if (verdict == VERDICT_INFRA || verdict == VERDICT_INCONCLUSIVE)
		counts->undecided++;
	else
		counts->failed++;
}

enum answer settle(const struct question *q, const struct counts *counts)
{
	guint judged = counts->failed + counts->passed;

	switch (q->kind) {
	case QUESTION_AT_LEAST:
		if (counts->failed >= q->k)
			return ANSWER_YES;
		if (counts->passed > q->n - q->k)
			return ANSWER_NO;
		break;
	case QUESTION_NONE:
		if (counts->failed)
			return ANSWER_NO;
		if (counts->passed >= q->n)
			return ANSWER_YES;
		break;
	case QUESTION_COUNT:
		if (judged >= q->n)
			return ANSWER_COUNTED;
		break;
	}
	return counts->undecided >= q->n ? ANSWER_NONE : ANSWER_OPEN;
}
