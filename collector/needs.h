/* SPDX-License-Identifier: Apache-2.0 */
/* What fields, filters and formats ask of a capture, and a source is opened with. */
#ifndef PORTHOLE_COLLECTOR_NEEDS_H
#define PORTHOLE_COLLECTOR_NEEDS_H

/* What consumers need of the capture; the union of what their fields say. */
enum ph_needs {
	PH_NEED_ENTER_TIME = 1 << 0, /* latencies */
	PH_NEED_SWITCHES = 1 << 1,
	PH_NEED_PAGE_FAULTS = 1 << 2,
	PH_NEED_ENTER_EVENTS = 1 << 3, /* enter events of their own, not folded into their exits */
};

#endif
