/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load whose size is known: `count N THREADS NAME` makes N calls in each of THREADS threads, a mix of reads, writes, seeks
 * and calls without arguments of their own, and says how many they were together. The threads are called NAME (ph_count)
 * while they do it, and otherwise before and after, so that a filter by name sees these calls and two prctl(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long calls;
static int zero, null;
static const char *name = "ph_count";

static void *load(void *arg)
{
	char buf[64];

	(void)arg;
	prctl(PR_SET_NAME, name);
	for (unsigned long i = 0; i < calls; i++) {
		switch (i % 8) {
		case 0:
		case 1:
		case 2:
			syscall(SYS_read, zero, buf, sizeof buf);
			break;
		case 3:
		case 4:
		case 5:
			syscall(SYS_write, null, buf, sizeof buf);
			break;
		case 6:
			syscall(SYS_lseek, zero, 0, SEEK_SET);
			break;
		case 7:
			syscall(SYS_getppid);
			break;
		}
	}
	prctl(PR_SET_NAME, "ph_done");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	if (argc < 2 || n < 1 || n > 64) {
		fprintf(stderr, "usage: count N [THREADS [NAME]]\n");
		return 2;
	}
	calls = strtoul(argv[1], NULL, 10);
	if (argc > 3)
		name = argv[3];
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (zero < 0 || null < 0)
		return 2;
	for (unsigned long i = 0; i < n; i++) {
		if (pthread_create(&threads[i], NULL, load, NULL) != 0)
			return 2;
	}
	for (unsigned long i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%lu\n", calls * n);
	return 0;
}
