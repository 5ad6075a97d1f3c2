# The same of the calls of 32-bit programs, on a kernel that takes them.
. /cases/workload.inc
/tests/workload32 --ready
[ $? -ne 77 ] || exit 77
hold workload32
