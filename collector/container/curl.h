/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, loaded when a daemon is asked for the first time: it brings some thirty libraries with it, and loading those took more than half
 * of the time that porthole needs to start.
 *
 * Who calls it: the worker, on its thread.
 */
#ifndef PORTHOLE_CONTAINER_CURL_H
#define PORTHOLE_CONTAINER_CURL_H

#include <curl/curl.h>
/* its checks of types are macros around the functions of these names */
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define CT_CURL_FUNCTIONS(X)                                                                                 \
	X(global_init)                                                                                       \
	X(easy_init)                                                                                         \
	X(easy_cleanup) X(easy_setopt) X(easy_getinfo) X(easy_strerror) X(multi_init) X(multi_cleanup)       \
		X(multi_add_handle) X(multi_remove_handle) X(multi_perform) X(multi_info_read) X(multi_poll) \
			X(multi_strerror)

struct ct_curl {
#define X(name) __typeof__(curl_##name) *name;
	CT_CURL_FUNCTIONS(X)
#undef X
};

/* NULL: it is not installed. The library stays loaded until the program ends. */
const struct ct_curl *ct_curl(void);

#endif
