#!/bin/sh
# Kills what a supervisor started when the program that it belongs to is gone without a word.
# Standard input is a pipe from that program: "add PID" and "gone PID" lines, and then its end,
# which comes however the program died. Each PID leads a process group of its own.
trap '' INT TERM HUP QUIT
groups=' '
while read -r word pid; do
	case $word in
	add) groups="$groups$pid " ;;
	gone) case $groups in *" $pid "*) groups="${groups%%" $pid "*} ${groups#*" $pid "}" ;; esac ;;
	esac
done
for pid in $groups; do
	kill -s KILL -- "-$pid" 2>/dev/null
done
