@echo off
rem Registers the counters of heapctrs. Run as administrator.
setlocal
set arch=x64
if /i "%PROCESSOR_ARCHITECTURE%"=="x86" if not defined PROCESSOR_ARCHITEW6432 set arch=x86
"%~dp0%arch%\bin\perfharness.exe" install --self %*
exit /b %errorlevel%
