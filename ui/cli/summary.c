/* SPDX-License-Identifier: Apache-2.0 */
/* -S: how often each event came, generic ones by the name and direction of their system call. */
#include <stdlib.h>
#include <string.h>
#include "ui/cli/cli.h"

#define MAX_ROWS 100

struct cli_summary {
	size_t nevents;
	uint64_t counts[]; /* by event row, then by syscall row and direction */
};

struct row {
	uint64_t count;
	size_t order; /* of the event's code; system calls without an event of their own are behind all others */
	char dir;
	const char *name;
};

struct cli_summary *cli_summary_new(void)
{
	struct cli_summary *s = calloc(1, sizeof *s + (ph_event_count() + 2 * PH_SC_COUNT) * sizeof s->counts[0]);

	if (s)
		s->nevents = ph_event_count();
	return s;
}

void cli_summary_free(struct cli_summary *s)
{
	free(s);
}

void cli_summary_count(struct cli_summary *s, const struct ph_event *ev)
{
	if (strcmp(ev->info->name, "container") == 0) /* stand for what was there before, as the lists of a file do */
		return;
	if (ev->type <= PH_EV_GENERIC_X && ev->syscall < PH_SC_COUNT)
		s->counts[s->nevents + 2u * ev->syscall + PH_IS_EXIT(ev->type)]++;
	else
		s->counts[ev->info - ph_event_row(0)]++;
}

static int by_count(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count ? 1 : -1) : (x->order > y->order) - (x->order < y->order);
}

static struct row row_of(const struct cli_summary *s, size_t i)
{
	const struct ph_event_info *e = i < s->nevents ? ph_event_row(i) : NULL;
	bool exit = e ? PH_IS_EXIT(e->code) : (i - s->nevents) % 2;

	return (struct row){ s->counts[i], i, exit ? '<' : '>',
			     e ? e->name : ph_syscall_row((i - s->nevents) / 2)->name };
}

void cli_summary_print(const struct cli_summary *s, FILE *out)
{
	size_t all = s->nevents + 2 * PH_SC_COUNT, n = 0;
	struct row *rows = calloc(all, sizeof *rows);

	if (!rows)
		return;
	for (size_t i = 0; i < all; i++)
		if (s->counts[i])
			rows[n++] = row_of(s, i);
	qsort(rows, n, sizeof *rows, by_count);
	fputs("----------------------\nEvent           #Calls\n----------------------\n", out);
	for (size_t i = 0; i < n && i < MAX_ROWS; i++)
		fprintf(out, "%c %-15s %llu\n", rows[i].dir, rows[i].name, (unsigned long long)rows[i].count);
	free(rows);
}
