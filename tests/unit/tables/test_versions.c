/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds versions.def against events.def. Whoever reads it looks for names, and passes over in silence what it does not find: a row
 * with a slip in it would only make a parameter empty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "porthole/tables.h"

#define LAST_0_29 335 /* the newest code of sysdig 0.29.3 */

static const struct {
	unsigned old, newest;
} lifts[] = {
#define LIFT(o, n) { PH_EV_##o, PH_EV_##n },
#define CARRY(...)
#define RENAME(...)
#define USED_FD(...)
#include "porthole/versions.def"
};

static const struct {
	unsigned newest, old;
	int nparams;
	bool whole;
} carriers[] = {
#define LIFT(...)
#define CARRY(newest, old, n, whole) { PH_EV_##newest, PH_EV_##old, n, whole },
#define RENAME(...)
#define USED_FD(...)
#include "porthole/versions.def"
};

static const struct {
	unsigned code;
	const char *name, *from;
} renames[] = {
#define LIFT(...)
#define CARRY(...)
#define RENAME(c, p, f) { PH_EV_##c, #p, #f },
#define USED_FD(...)
#include "porthole/versions.def"
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool has(const struct ph_event_info *e, const char *name)
{
	return e && ph_event_param_index(e, name, strlen(name)) >= 0;
}

static bool is_syscall(const struct ph_event_info *e)
{
	return e->category & PH_C_SYSCALL;
}

static void old_forms_become_one_that_nothing_is_newer_than(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lifts); i++) {
		const struct ph_event_info *old = ph_event_info(lifts[i].old), *newest = ph_event_info(lifts[i].newest);

		if (!(old->flags & PH_EF_OLD_VERSION) || (newest->flags & PH_EF_OLD_VERSION))
			fail_msg("%u to %u: not from an old version to the newest", old->code, newest->code);
		if (ph_event_newest(newest) != newest)
			fail_msg("%u to %u, which is lifted itself", old->code, newest->code);
		if (PH_IS_EXIT(old->code) != PH_IS_EXIT(newest->code) || is_syscall(old) != is_syscall(newest))
			fail_msg("%u to %u: an enter, an exit and a tracepoint do not become each other", old->code,
				 newest->code);
	}
}

static void every_old_exit_is_lifted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *e = ph_event_row(i);

		if (PH_IS_EXIT(e->code) && (e->flags & PH_EF_OLD_VERSION) && ph_event_newest(e) == e)
			fail_msg("%u (%s) is an old version and stays one", e->code, e->name);
	}
}

static void a_form_is_lifted_and_carried_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lifts); i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(lifts[i].old, lifts[k].old);
	for (size_t i = 0; i < COUNT(carriers); i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(carriers[i].newest, carriers[k].newest);
}

static void what_carries_an_event_is_an_exit_that_others_know_with_so_many_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(carriers); i++) {
		const struct ph_event_info *e = ph_event_info(carriers[i].newest), *by = ph_event_info(carriers[i].old);

		if (!PH_IS_EXIT(e->code) || !is_syscall(e) || !PH_IS_EXIT(by->code) || !is_syscall(by))
			fail_msg("%u by %u: both are exits of system calls", e->code, by->code);
		if (by->code > LAST_0_29)
			fail_msg("%u by %u, which others do not know either", e->code, by->code);
		if (carriers[i].nparams > by->nparams)
			fail_msg("%u by %u has no %d parameters", e->code, by->code, carriers[i].nparams);
		if (carriers[i].whole && ph_event_newest(by) != e)
			fail_msg("%u by %u: says all, and is lifted to something else", e->code, by->code);
	}
}

/* The event that a row's values come from: an exit's from its enter, an older form or what carried it, an enter's from its exit. */
static bool something_has(const struct ph_event_info *e, const char *name)
{
	if (has(ph_event_info(e->code ^ 1u), name))
		return true;
	for (size_t i = 0; i < COUNT(lifts); i++)
		if (lifts[i].newest == e->code &&
		    (has(ph_event_info(lifts[i].old), name) || has(ph_event_info(lifts[i].old ^ 1u), name)))
			return true;
	for (size_t i = 0; i < COUNT(carriers); i++)
		if ((carriers[i].old | 1u) == (e->code | 1u) && has(ph_event_info(carriers[i].newest), name))
			return true;
	for (size_t i = 0; i < COUNT(carriers); i++)
		if (carriers[i].newest == e->code && has(ph_event_info(carriers[i].old ^ 1u), name))
			return true;
	return false;
}

static void other_names_are_those_of_parameters_that_there_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(renames); i++) {
		const struct ph_event_info *e = ph_event_info(renames[i].code);

		if (!has(e, renames[i].name))
			fail_msg("%u has no parameter %s", e->code, renames[i].name);
		if (!something_has(e, renames[i].from))
			fail_msg("%u: %s cannot come from %s, which nothing has", e->code, renames[i].name,
				 renames[i].from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_forms_become_one_that_nothing_is_newer_than),
		cmocka_unit_test(every_old_exit_is_lifted),
		cmocka_unit_test(a_form_is_lifted_and_carried_once),
		cmocka_unit_test(what_carries_an_event_is_an_exit_that_others_know_with_so_many_parameters),
		cmocka_unit_test(other_names_are_those_of_parameters_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
