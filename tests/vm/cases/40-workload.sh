# Every argument of known calls is right on this kernel too.
. /cases/workload.inc
hold workload
